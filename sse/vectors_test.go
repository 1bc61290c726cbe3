package sse

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"testing"
	"time"
)

// vector is one case of testdata/sse-vectors.json.
type vector struct {
	N      int         `json:"n"`
	Title  string      `json:"title"`
	Bytes  []byte      `json:"b64"`
	Events [][3]string `json:"events"` // type, data, last event id
	Last   string      `json:"last"`
	Retry  *int64      `json:"retry"` // milliseconds
}

func loadVectors(tb testing.TB) []vector {
	tb.Helper()
	text, err := os.ReadFile("testdata/sse-vectors.json")
	if err != nil {
		tb.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil {
		tb.Fatal(err)
	}
	return all
}

func TestDecoder_Vectors(t *testing.T) {
	all := loadVectors(t)
	if len(all) != 60 {
		t.Fatalf("have %d vectors, want 60", len(all))
	}
	for _, v := range all {
		for _, size := range []int{0, 1, 2, 3} {
			t.Run(fmt.Sprintf("%d by %d", v.N, size), func(t *testing.T) {
				got := decodeAll(t, v.Bytes, size)
				want := stream{last: v.Last}
				want.events = append(want.events, v.Events...)
				if v.Retry != nil {
					want.retry, want.hasRetry = time.Duration(*v.Retry)*time.Millisecond, true
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s:\n got %+v\nwant %+v", v.Title, got, want)
				}
			})
		}
	}
}

// stream is all that a client learns from one response.
type stream struct {
	events   [][3]string // type, data, last event id
	last     string
	retry    time.Duration
	hasRetry bool
}

// decodeAll decodes text in reads of so many bytes, 0 for all at once.
func decodeAll(tb testing.TB, text []byte, size int) stream {
	tb.Helper()
	d := NewDecoder(inReadsOf(text, size), 0)
	var s stream
	for {
		ev, err := d.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tb.Fatalf("Next: %v", err)
		}
		s.events = append(s.events, [3]string{ev.Type(), string(ev.Data), ev.ID})
	}
	s.last = d.LastEventID()
	s.retry, s.hasRetry = d.Retry()
	return s
}

// pieces is a reader that never gives more than size bytes.
type pieces struct {
	r    io.Reader
	size int
}

func inReadsOf(text []byte, size int) io.Reader {
	if size == 0 {
		size = len(text) + 1
	}
	return &pieces{bytes.NewReader(text), size}
}

func (p *pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(p.size, len(b))]) }
