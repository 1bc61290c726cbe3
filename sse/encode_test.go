package sse

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAppendEvent_Wire(t *testing.T) {
	f := func(ev Event, want string) {
		t.Helper()
		got, err := AppendEvent([]byte("<"), &ev)
		if err != nil || string(got) != "<"+want {
			t.Errorf("%+v:\n got %q, %v\nwant %q", ev, got, err, "<"+want)
		}
	}
	f(Event{}, "data: \n\n")
	f(Event{Data: []byte("a")}, "data: a\n\n")
	f(Event{Name: "message", Data: []byte("a")}, "data: a\n\n")
	f(Event{ID: "k3-7", Name: "notification", Data: []byte(`{"title":"x"}`), Retry: 2500 * time.Millisecond},
		"id: k3-7\nevent: notification\nretry: 2500\ndata: {\"title\":\"x\"}\n\n")
	f(Event{Data: []byte("a\nb\r\nc\rd")}, "data: a\ndata: b\ndata: c\ndata: d\n\n")
	f(Event{Data: []byte("\r\r\n\n")}, "data: \ndata: \ndata: \ndata: \n\n")
	f(Event{Data: []byte(" a")}, "data:  a\n\n")
	f(Event{Data: []byte("a\rid: 666\r\revent: fake")}, "data: a\ndata: id: 666\ndata: \ndata: event: fake\n\n")
	f(Event{Data: []byte("a\x0b\x0c\u0085\u2028\u2029\x00b")}, "data: a\x0b\x0c\u0085\u2028\u2029\x00b\n\n")
	f(Event{Name: strings.Repeat("n", MaxNameLen)}, "event: "+strings.Repeat("n", MaxNameLen)+"\ndata: \n\n")
	f(Event{Retry: MaxRetry}, "retry: 3600000\ndata: \n\n")
	f(Event{Retry: time.Nanosecond}, "retry: 1\ndata: \n\n")
}

func TestAppendEvent_RefusesAndNeverRepairs(t *testing.T) {
	f := func(what string, ev Event, want error) {
		t.Helper()
		got, err := AppendEvent([]byte("before"), &ev)
		if !errors.Is(err, want) || string(got) != "before" {
			t.Errorf("%s: got %q, %v, want %v", what, got, err, want)
		}
	}
	for _, bad := range []string{"a\nb", "a\rb", "a\r\nb", "\n", "a\r", "a\x00b", "\xff", "a\xe2\x82"} {
		f("id", Event{ID: bad}, ErrID)
		f("name", Event{Name: bad}, ErrName)
	}
	f("long name", Event{Name: strings.Repeat("n", MaxNameLen+1)}, ErrName)
	f("error", Event{Name: "error"}, ErrName)
	f("open", Event{Name: "open"}, ErrName)
	f("data", Event{Data: []byte("a\xffb")}, ErrData)
	f("surrogate", Event{Data: []byte("\xed\xa0\x80")}, ErrData)
	f("negative retry", Event{Retry: -1}, ErrRetry)
	f("long retry", Event{Retry: MaxRetry + 1}, ErrRetry)
}

func TestAppendParts_Wire(t *testing.T) {
	f := func(got []byte, want string) {
		t.Helper()
		if string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(AppendID([]byte("<"), "k3-7"), "<id: k3-7\n")
	f(AppendRetry([]byte("<"), 2500*time.Millisecond), "<retry: 2500\n\n")
	f(AppendRetry(nil, 2500*time.Microsecond), "retry: 3\n\n")
}

func TestAppendEvent_AllocatesNothing(t *testing.T) {
	ev := benchEvent()
	ev.Retry = time.Second
	dst := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := AppendEvent(dst, &ev); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations with room", n)
	}
	frame, _ := AppendEvent(nil, &ev)
	exact := make([]byte, 0, len(frame))
	if n := testing.AllocsPerRun(1000, func() { _, _ = AppendEvent(exact, &ev) }); n != 0 {
		t.Errorf("%v allocations with just enough room", n)
	}
}
