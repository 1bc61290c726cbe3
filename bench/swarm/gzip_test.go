package swarm

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

const gzipResponse = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"

// flushed compresses frames by one compressor each, with a flush behind.
func flushed(t *testing.T, frames ...string) string {
	t.Helper()
	var all bytes.Buffer
	for i, frame := range frames {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(frame)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			all.Write(b.Next(gzipHead))
		} else {
			b.Next(gzipHead)
		}
		all.Write(b.Bytes())
	}
	return gzipResponse + all.String()
}

func TestDecoder_Gzip(t *testing.T) {
	response := flushed(t, events[:21], events[21:], events, events)
	want := slices.Concat(wantEvents, wantEvents, wantEvents)
	for size := 1; size <= len(response); size++ {
		got, err := decodeAll(response, size)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("in pieces of %d: %q, %v, want %q", size, got, err, want)
		}
	}
}

// A piece that was seen before is told from one that differs in one byte.
func TestDecoder_GzipSeesEachByte(t *testing.T) {
	whole := flushed(t, "data: 1\n\n", "data: "+strings.Repeat("some text ", 50)+"\n\n")
	again := whole[len(flushed(t, "data: 1\n\n")):]
	for i := range again {
		spoiled := []byte(again)
		spoiled[i] ^= 0x10
		got, err := decodeAll(whole+string(spoiled), len(whole)+len(spoiled))
		if err == nil && len(got) == 3 && got[2] == got[1] {
			t.Errorf("byte %d was changed and not noticed", i)
		}
	}
}

func TestDecoder_GzipRefusesWhatIsNotWholeFrames(t *testing.T) {
	for name, response := range map[string]string{
		"half a frame": flushed(t, "data: 1\n\n", "data: "),
		"plain text":   gzipResponse + "event: connected\ndata: {}\n\n",
	} {
		if got, err := decodeAll(response, 50); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAppendItems(t *testing.T) {
	for _, size := range []int{64, 100, 200, 1024, 4096} {
		want := Stamp{Slot: 3, Seq: 17, Intended: 1 << 50, Sent: 1<<50 + 999}
		data := AppendItems(nil, want, size)
		if got, ok := ParseStamp(data); !ok || got != want || !json.Valid(data) {
			t.Errorf("%d: got %+v, %v from %s", size, got, ok, data)
		}
		if size >= 100 && len(data) != size {
			t.Errorf("%d bytes instead of %d", len(data), size)
		}
		want.Seq++
		if other := AppendItems(nil, want, size); size > 200 && bytes.Equal(other[100:], data[100:]) {
			t.Errorf("%d: two events are alike", size)
		}
	}
}
