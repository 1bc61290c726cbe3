package client

import (
	"context"
	"errors"
	"strings"
	"testing"
)

type note struct{ Title string }

func TestHandle_CallsTheHandlerOfEachType(t *testing.T) {
	_, url := serve(t, hold("event: note\ndata: {\"title\":\"a\"}\n\nevent: other\ndata: {\n\ndata: 3\n\nevent: note\ndata: {\"title\":\"b\"}\n\n"))
	s := subscribe(t, url)
	var h Handlers
	var got []string
	On(&h, "message", func(_ context.Context, n int) error {
		if n != 3 {
			t.Errorf("got %d", n)
		}
		return nil
	})
	On(&h, "note", func(ctx context.Context, n note) error {
		if got = append(got, n.Title); len(got) == 2 {
			_ = s.Close()
		}
		if ctx != s.ctx {
			t.Error("not the context of Subscribe")
		}
		return nil
	})
	if err := s.Handle(&h); err != nil || strings.Join(got, "") != "ab" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestHandle_StopsAtAnErrorAndResumesAfterIt(t *testing.T) {
	script, url := serve(t,
		hold("id: 1\nevent: note\ndata: {\"title\":\"a\"}\n\n"),
		hold("id: 2\nevent: note\ndata: {\"title\":7}\n\n"),
		hold("id: 3\ndata: done\n\n"))
	s := subscribe(t, url)
	var h Handlers
	broken := errors.New("broken")
	On(&h, "note", func(context.Context, note) error { return broken })
	if err := s.Handle(&h); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := s.Handle(&h); err == nil || !strings.Contains(err.Error(), "decode note") {
		t.Errorf("got %v", err)
	}
	until(t, s, "done")
	if got := script.request(t, 2).Header.Get("Last-Event-ID"); got != "2" {
		t.Errorf("resumed after %q", got)
	}
}

func TestOnComment(t *testing.T) {
	_, url := serve(t, hold(": hello\n:\n:  two\ndata: a\n\n"))
	var got []string
	until(t, subscribe(t, url, OnComment(func(text string) { got = append(got, text) })), "a")
	if strings.Join(got, "|") != "hello|| two" {
		t.Errorf("got %q", got)
	}
}
