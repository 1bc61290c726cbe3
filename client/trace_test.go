package client

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

type traceKey struct{}

func TestPublisher_Traceparent(t *testing.T) {
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	s, url := serve(t, answer(http.StatusAccepted, accepted), answer(http.StatusAccepted, accepted))
	p := newTestPublisher(t, url, WithTraceparent(func(ctx context.Context) string {
		text, _ := ctx.Value(traceKey{}).(string)
		return text
	}))
	for i, want := range []string{trace, ""} {
		ctx := context.WithValue(t.Context(), traceKey{}, want)
		if _, err := p.Broadcast(ctx, Message{}); err != nil {
			t.Fatal(err)
		}
		if got := s.request(t, i).Header.Values("Traceparent"); strings.Join(got, " ") != want || (want == "" && len(got) > 0) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A traceparent is that of the event whose block it is in, and of no other.
func TestStream_Traceparent(t *testing.T) {
	_, url := serve(t, hold("data: a\n\n: traceparent=one\n: other\ndata: b\n\ndata: c\n\nid: 1\n: traceparent=two\ndata: d\n\n"))
	s := subscribe(t, url)
	var got []string
	for ev, err := range s.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, string(ev.Data)+s.Traceparent()); len(got) == 4 {
			break
		}
	}
	if strings.Join(got, " ") != "a bone c dtwo" {
		t.Errorf("got %q", got)
	}
}
