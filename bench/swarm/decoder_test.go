package swarm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

const (
	plainHead   = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
	chunkedHead = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
	events      = ": hello\n\nretry: 100\n\nevent: connected\ndata: {}\n\nid: 1\n\nid: 2\nevent:bench\ndata:{\"bench\":[0,1,2,3]}\r\n\r\nevent: ping\ndata: {\"time\":1}\n\n"
)

var wantEvents = []string{" connected {}", "1  ", `2 bench {"bench":[0,1,2,3]}`, ` ping {"time":1}`}

// decodeAll feeds a response in pieces of the given size.
func decodeAll(response string, size int) (frames []string, err error) {
	var d decoder
	var inf inflater
	var left []byte
	buf := make([]byte, len(response)+maxFrame)
	for p := response; p != ""; {
		k := copy(buf, left)
		n := copy(buf[k:], p[:min(size, len(p))])
		p = p[n:]
		rest, err := d.feed(buf[:k+n], k, &inf, func(id, name, data []byte) {
			frames = append(frames, fmt.Sprintf("%s %s %s", id, name, data))
		})
		if errors.Is(err, io.EOF) {
			return frames, nil
		}
		if err != nil {
			return frames, err
		}
		left = bytes.Clone(rest)
	}
	return frames, nil
}

// chunk codes a body in chunks of the given size.
func chunk(body string, size int) string {
	var b strings.Builder
	for body != "" {
		n := min(size, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String() + "0\r\n\r\n"
}

func TestDecoder_FindsTheEventsHoweverTheyArrive(t *testing.T) {
	for _, response := range []string{plainHead + events, chunkedHead + chunk(events, 7), chunkedHead + chunk(events, 1000)} {
		for size := 1; size <= len(response); size++ {
			got, err := decodeAll(response, size)
			if err != nil || !slices.Equal(got, wantEvents) {
				t.Fatalf("%.40q in pieces of %d: %q, %v, want %q", response, size, got, err, wantEvents)
			}
		}
	}
}

func TestDecoder_KeepsNothingButTheIncompleteFrame(t *testing.T) {
	var d decoder
	left, err := d.feed([]byte(plainHead+"data: 1\n\ndata: 2\n"), 0, nil, func(_, _, _ []byte) {})
	if err != nil || string(left) != "data: 2\n" {
		t.Errorf("left %q, %v, want %q", left, err, "data: 2\n")
	}
}

func TestDecoder_RefusesWhatIsNoStream(t *testing.T) {
	var status statusError
	if _, err := decodeAll("HTTP/1.1 503 Service Unavailable\r\n\r\n", 10); !errors.As(err, &status) || status != 503 {
		t.Errorf("got %v, want status 503", err)
	}
	if _, err := decodeAll("SSH-2.0-OpenSSH_9.6\r\n\r\n", 100); !errors.Is(err, errHead) {
		t.Errorf("got %v, want %v", err, errHead)
	}
	if _, err := decodeAll(plainHead+"data: "+strings.Repeat("x", maxFrame), 4096); !errors.Is(err, errFrame) {
		t.Errorf("got %v, want %v", err, errFrame)
	}
	if _, err := decodeAll("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", maxFrame), 4096); !errors.Is(err, errFrame) {
		t.Errorf("got %v, want %v", err, errFrame)
	}
}

// FuzzDecoder checks that it does not matter how a response is cut.
func FuzzDecoder(f *testing.F) {
	f.Add(plainHead+events, 3)
	f.Add(chunkedHead+chunk(events, 5), 7)
	f.Fuzz(func(t *testing.T, response string, size int) {
		if size < 1 || len(response) > 4096 {
			return
		}
		whole, errWhole := decodeAll(response, len(response)+1)
		parts, errParts := decodeAll(response, size)
		if !slices.Equal(whole, parts) || (errWhole == nil) != (errParts == nil) {
			t.Errorf("whole %q, %v; in pieces of %d %q, %v", whole, errWhole, size, parts, errParts)
		}
	})
}
