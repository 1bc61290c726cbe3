package sse

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

// benchEvent is an event with 200 bytes of JSON.
func benchEvent() Event {
	return Event{ID: "k3f9a1-123456", Name: "notification", Data: []byte(`{"title":"` + strings.Repeat("x", 188) + `"}`)}
}

func BenchmarkAppendEvent(b *testing.B) {
	for _, size := range []int{200, 4096} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			ev := benchEvent()
			ev.Data = bytes.Repeat([]byte{'x'}, size)
			dst := make([]byte, 0, size+100)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := AppendEvent(dst, &ev); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecoder(b *testing.B) {
	ev := benchEvent()
	frame, err := AppendEvent(nil, &ev)
	if err != nil {
		b.Fatal(err)
	}
	d := NewDecoder(&endless{frame: frame}, 0)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

// endless repeats a frame.
type endless struct {
	frame []byte
	at    int
}

func (e *endless) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		c := copy(b[n:], e.frame[e.at:])
		n += c
		e.at = (e.at + c) % len(e.frame)
	}
	return n, nil
}
