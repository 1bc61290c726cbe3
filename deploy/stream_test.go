package deploy

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"example.org/hub/sse"
)

// stream is an open stream through a load balancer.
type stream struct {
	t       *testing.T
	hub     string // the instance that has it
	body    io.Closer
	decoder *sse.Decoder
}

// open connects alice over HTTP/2 and reads the greeting. Like a browser it tries
// again when the load balancer has not yet noticed that a hub is gone.
func (s *site) open(t *testing.T, front, lastEventID string) *stream {
	t.Helper()
	token := s.keys.token(t, "alice")
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		resp := s.get(t, front+"/api/sse", map[string]string{
			"Authorization": "Bearer " + token, "Last-Event-ID": lastEventID, "X-Forwarded-For": "203.0.113.9",
		})
		if resp != nil && resp.StatusCode == http.StatusOK {
			if resp.ProtoMajor != 2 {
				t.Errorf("the load balancer speaks %s", resp.Proto)
			}
			st := &stream{t: t, body: resp.Body, decoder: sse.NewDecoder(resp.Body, 0)}
			st.greeting(lastEventID != "")
			return st
		}
		if time.Now().After(deadline) {
			t.Fatalf("no stream: %v", resp)
		}
	}
}

// greeting reads the hub's first event.
func (st *stream) greeting(resumed bool) {
	st.t.Helper()
	var hello sse.Connected
	ev := st.next()
	if err := json.Unmarshal(ev.Data, &hello); ev.Name != sse.EventConnected || err != nil || hello.Resumed != resumed {
		st.t.Fatalf("the first event is %q %s, want connected with resumed %v", ev.Name, ev.Data, resumed)
	}
	st.hub = hello.Instance
}

// get asks the load balancer. It returns nil if there is no answer.
func (s *site) get(t *testing.T, url string, header map[string]string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	transport := &http.Transport{TLSClientConfig: clientTLS.Clone(), ForceAttemptHTTP2: true}
	t.Cleanup(func() {
		cancel()
		transport.CloseIdleConnections()
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Logf("GET %s: %v", url, err)
		return nil
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// status returns the status of an answer.
func (s *site) status(t *testing.T, url string) int {
	t.Helper()
	if resp := s.get(t, url, nil); resp != nil {
		return resp.StatusCode
	}
	return 0
}

// next returns the next event that is not a heartbeat.
func (st *stream) next() sse.Event {
	st.t.Helper()
	timer := time.AfterFunc(patience, func() { st.body.Close() })
	defer timer.Stop()
	for {
		ev, err := st.decoder.Next()
		if err != nil {
			st.t.Fatalf("read stream: %v", err)
		}
		if ev.Name != sse.EventPing {
			return ev
		}
	}
}

// want reads one event of name "n", compares it and returns its id.
func (st *stream) want(data string) string {
	st.t.Helper()
	ev := st.next()
	if ev.Name != "n" || string(ev.Data) != data {
		st.t.Fatalf("got event %q %s, want n %s", ev.Name, ev.Data, data)
	}
	return st.decoder.LastEventID()
}

// wantEnd waits for the end of the stream, clean or not.
func (st *stream) wantEnd() {
	st.t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			if _, err := st.decoder.Next(); err != nil {
				return
			}
		}
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		st.body.Close()
		<-ended
		st.t.Fatal("the stream does not end")
	}
}
