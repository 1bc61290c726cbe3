package client

import (
	"net/http"
	"testing"
	"time"
)

func TestStats(t *testing.T) {
	const text = `{"instance":"a","total":{"totalConnections":5,"uniqueUsers":2,"messagesInPerSecond":{"10s":1.5}},` +
		`"instances":[{"instance":"a","draining":true}],"new":1}`
	s, url := serve(t, status(http.StatusBadGateway), answer(http.StatusOK, text))
	got, err := newTestPublisher(t, url, soon, WithTokenSource(StaticToken("t"))).Stats(t.Context())
	if err != nil || got.Total.TotalConnections != 5 || got.Total.UniqueUsers != 2 ||
		got.Total.MessagesInPerSecond.Last10s != 1.5 || !got.Instances[0].Draining || string(got.Raw) != text {
		t.Errorf("got %+v, %v", got, err)
	}
	if r := s.request(t, 1); r.Method != http.MethodGet || r.URL.String() != "/api/stats" || r.Header.Get("Authorization") != "Bearer t" {
		t.Errorf("got %s %s %v", r.Method, r.URL, r.Header)
	}
}

func TestPresence(t *testing.T) {
	_, url := serve(t, answer(http.StatusOK, `{"id":"alice","connections":[{"id":"c1","remote":"10.0.0.1","userAgent":"x",
		"since":"2026-11-23T12:00:00Z","lastWrite":"2026-11-23T12:00:01Z","queuedBytes":7,"topics":["news"],"instance":"hub-1"}]}`))
	got, err := newTestPublisher(t, url).Presence(t.Context(), "alice")
	if err != nil || got.User != "alice" || len(got.Connections) != 1 || !got.Online() {
		t.Fatalf("got %+v, %v", got, err)
	}
	c := got.Connections[0]
	if c.ID != "c1" || c.Instance != "hub-1" || c.QueuedBytes != 7 || c.Topics[0] != "news" || c.LastWrite.Sub(c.Since) != time.Second {
		t.Errorf("got %+v", c)
	}
}

func TestPresence_OfflineIsNoError(t *testing.T) {
	_, url := serve(t, answer(http.StatusOK, `{"id":"bob","connections":[]}`),
		answer(http.StatusNotFound, `{"error":{"code":"not_found","message":"no such path"}}`))
	p := newTestPublisher(t, url)
	if got, err := p.Presence(t.Context(), "bob"); err != nil || got.User != "bob" || got.Online() {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err := p.Presence(t.Context(), "bob")
	wantError(t, "wrong path", err, ErrNotFound)
}

// A name is one segment, whatever it holds.
func TestCommands_EscapeNames(t *testing.T) {
	s, url := serve(t, answer(http.StatusAccepted, accepted))
	p := newTestPublisher(t, url+"/base", WithAPIKey("k"))
	for _, name := range []string{"alice", "a/b", "..", ".", "a b?c#d%", "ü"} {
		if _, err := p.Disconnect(t.Context(), name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for i, want := range []string{"alice", "a%2Fb", "%2E%2E", "%2E", "a%20b%3Fc%23d%25", "%C3%BC"} {
		if r := s.request(t, i); r.Method != http.MethodDelete || r.RequestURI != "/base/api/users/"+want+"/connections" {
			t.Errorf("got %s %s, want %s", r.Method, r.RequestURI, want)
		}
	}
}

func TestCommands(t *testing.T) {
	s, url := serve(t, answer(http.StatusAccepted, accepted))
	p := newTestPublisher(t, url)
	if got, err := p.DisconnectConnection(t.Context(), "c1"); err != nil || got.Connections != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := p.Revoke(t.Context(), "alice"); err != nil || got.ID != "e-7" {
		t.Errorf("got %+v, %v", got, err)
	}
	for i, want := range []string{"DELETE /api/connections/c1", "POST /api/users/alice/revoke"} {
		if r := s.request(t, i); r.Method+" "+r.RequestURI != want {
			t.Errorf("got %s %s, want %s", r.Method, r.RequestURI, want)
		}
	}
}
