package main

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"example.org/hub/sse"
)

// stream is an open stream that a test reads.
type stream struct {
	t       *testing.T
	body    interface{ Close() error }
	decoder *sse.Decoder
}

// open connects a user, and reads the hub's greeting.
func (h *hub) open(user, lastEventID string) *stream {
	h.t.Helper()
	return h.openBy(&http.Transport{DisableKeepAlives: true}, h.public, user, lastEventID)
}

func (h *hub) openBy(by http.RoundTripper, base, user, lastEventID string) *stream {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, base+"/api/sse?topics=news", http.NoBody)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.token(user))
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	resp, err := (&http.Client{Transport: by}).Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		h.t.Fatalf("GET /api/sse: status %d", resp.StatusCode)
	}
	s := &stream{t: h.t, body: resp.Body, decoder: sse.NewDecoder(resp.Body, sse.DefaultMaxEventSize)}
	if ev := s.next(); ev.Name != sse.EventConnected {
		h.t.Fatalf("the first event is %q", ev.Name)
	}
	return s
}

// next returns the next event that is not a heartbeat.
func (s *stream) next() sse.Event {
	s.t.Helper()
	timer := time.AfterFunc(patience, func() { s.body.Close() })
	defer timer.Stop()
	for {
		ev, err := s.decoder.Next()
		if err != nil {
			s.t.Fatalf("read stream: %v", err)
		}
		if ev.Name != sse.EventPing {
			return ev
		}
	}
}

// want reads one event and compares it.
func (s *stream) want(name, data string) sse.Event {
	s.t.Helper()
	ev := s.next()
	if ev.Name != name || string(ev.Data) != data {
		s.t.Errorf("got event %q %s, want %q %s", ev.Name, ev.Data, name, data)
	}
	return ev
}

// wantEnd reads until the hub has ended the stream.
func (s *stream) wantEnd() {
	s.t.Helper()
	timer := time.AfterFunc(patience, func() { s.body.Close() })
	defer timer.Stop()
	if ev, err := s.decoder.Next(); err == nil {
		s.t.Errorf("got event %q, want the end", ev.Name)
	} else if errors.Is(err, http.ErrBodyReadAfterClose) {
		s.t.Error("the stream does not end")
	}
}
