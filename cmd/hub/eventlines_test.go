package main

import (
	"strings"
	"testing"
	"time"

	"example.org/hub/sse"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestWriteLine(t *testing.T) {
	for _, tt := range []struct {
		ev   sse.Event
		want string
	}{
		{sse.Event{ID: "e-1", Name: "notification", Data: []byte(`{"title":"Hé"}`)}, "12:00:00  notification   {\"title\":\"Hé\"}  e-1\n"},
		{sse.Event{Data: []byte("two\nlines")}, "12:00:00  message        two\\nlines\n"},
		{sse.Event{Name: "x", Data: []byte("\x1b[2J\u202e\a")}, "12:00:00  x              \\u001b[2J\\u202e\\u0007\n"},
	} {
		var b strings.Builder
		if err := writeLine(&b, &tt.ev, noon); err != nil || b.String() != tt.want {
			t.Errorf("got %q, %v, want %q", b.String(), err, tt.want)
		}
	}
}

func TestWriteJSON(t *testing.T) {
	for _, tt := range []struct {
		ev   sse.Event
		want string
	}{
		{sse.Event{ID: "e-1", Name: "n", Data: []byte(`{"a":1}`)}, `{"id":"e-1","event":"n","data":{"a":1},"time":"2026-01-02T12:00:00Z"}` + "\n"},
		{sse.Event{Data: []byte("no JSON")}, `{"event":"message","data":"no JSON","time":"2026-01-02T12:00:00Z"}` + "\n"},
	} {
		var b strings.Builder
		if err := writeJSON(&b, &tt.ev, noon); err != nil || b.String() != tt.want {
			t.Errorf("got %q, %v, want %q", b.String(), err, tt.want)
		}
	}
}
