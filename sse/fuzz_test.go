package sse

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzRoundTrip: what the encoder takes comes back as exactly one event, the
// same but for CR and CRLF in data; what it refuses breaks a rule.
func FuzzRoundTrip(f *testing.F) {
	f.Add("k3-7", "notification", []byte(`{"title":"x"}`), int64(0))
	f.Add("", "message", []byte("a\rid: 1\r\n\r\ndata: b\n"), int64(2500))
	f.Add(" 1", " x", []byte("\uFEFF \u2028"), int64(3600000))
	f.Fuzz(func(t *testing.T, id, name string, data []byte, retryMs int64) {
		const mark = "data: mark\n\n"
		in := Event{ID: id, Name: name, Data: data, Retry: time.Duration(retryMs) * time.Millisecond}
		text, err := AppendEvent([]byte(mark), &in)
		if want := encodable(in); (err == nil) != want {
			t.Fatalf("encodable: %v, yet %v", want, err)
		}
		if !strings.HasPrefix(string(text), mark) {
			t.Fatalf("what was there became %q", text)
		}
		if text = text[len(mark):]; err != nil {
			if len(text) > 0 {
				t.Fatalf("refused, yet wrote %q", text)
			}
			return
		}
		want := in
		want.Data = []byte(strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\r", "\n"))
		if name == "message" {
			want.Name = ""
		}
		for _, size := range []int{0, 1, 3} {
			d := NewDecoder(inReadsOf(text, size), 1<<30)
			got, err := d.Next()
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v, %v\nwant %+v\nfrom %q", got, err, want, text)
			}
			if ev, err := d.Next(); !errors.Is(err, io.EOF) {
				t.Fatalf("a second event %+v, %v from %q", ev, err, text)
			}
		}
	})
}

// encodable states the encoder's rules a second time.
func encodable(ev Event) bool {
	return utf8.ValidString(ev.ID) && utf8.ValidString(ev.Name) && utf8.Valid(ev.Data) &&
		!strings.ContainsAny(ev.ID+ev.Name, "\r\n\x00") && len(ev.Name) <= 128 &&
		ev.Name != "error" && ev.Name != "open" && ev.Retry >= 0 && ev.Retry <= time.Hour
}

// FuzzDecoder: any bytes, in any reads, give what the letter of the standard gives.
func FuzzDecoder(f *testing.F) {
	for _, v := range loadVectors(f) {
		f.Add(v.Bytes, byte(v.N))
	}
	f.Fuzz(func(t *testing.T, text []byte, size byte) {
		want := referenceDecode(text)
		for _, size := range []int{0, 1, int(size)} {
			got := decodeAll(t, text, size)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("by %d from %q:\n got %+v\nwant %+v", size, text, got, want)
			}
		}
	})
}
