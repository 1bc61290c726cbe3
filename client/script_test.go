package client

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// script is a server that answers the nth request by the nth handler, and
// every request beyond by the last. It keeps the requests.
type script struct {
	handlers []http.HandlerFunc

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	times    []time.Time
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	n := min(len(s.requests), len(s.handlers)-1)
	s.requests = append(s.requests, r)
	s.bodies = append(s.bodies, string(body))
	s.times = append(s.times, time.Now())
	s.mu.Unlock()
	s.handlers[n](w, r)
}

// request returns the nth request, from 0.
func (s *script) request(t *testing.T, n int) *http.Request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n >= len(s.requests) {
		t.Fatalf("there were only %d requests", len(s.requests))
	}
	return s.requests[n]
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// between returns the times between the requests.
func (s *script) between() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []time.Duration
	for i := 1; i < len(s.times); i++ {
		out = append(out, s.times[i].Sub(s.times[i-1]))
	}
	return out
}

// serve runs a script on a real socket.
func serve(t *testing.T, handlers ...http.HandlerFunc) (*script, string) {
	t.Helper()
	s := &script{handlers: handlers}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return s, srv.URL
}

// servePipe runs a script over pipes, for tests in a synctest bubble, where
// time passes only when everyone waits.
func servePipe(t *testing.T, handlers ...http.HandlerFunc) (*script, Option) {
	t.Helper()
	s := &script{handlers: handlers}
	ln := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	srv := &http.Server{Handler: s}
	served := make(chan struct{})
	go func() { _ = srv.Serve(ln); close(served) }()
	transport := &http.Transport{DialContext: ln.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = srv.Close()
		<-served
	})
	return s, WithHTTPClient(&http.Client{Transport: transport})
}

type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// stream answers with a stream of text that then ends.
func stream(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { write(w, text) }
}

// hold answers with a stream of text that then stays open.
func hold(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		write(w, text)
		<-r.Context().Done()
	}
}

func write(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, text)
	w.(http.Flusher).Flush()
}

// status answers without a stream.
func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// answer answers with JSON.
func answer(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
	}
}

// cut answers by closing the connection.
func cut(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

// soon makes retries follow at once.
var soon = WithBackoff(time.Millisecond, 4*time.Millisecond)

func subscribe(t *testing.T, url string, opts ...Option) *Stream {
	t.Helper()
	s, err := Subscribe(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// collect reads events until there are n or the stream ends, and returns their
// data joined by spaces, and the error at the end.
func collect(s *Stream, n int) (string, error) {
	var got []string
	for ev, err := range s.Events() {
		if err != nil {
			return strings.Join(got, " "), err
		}
		if got = append(got, string(ev.Data)); len(got) == n {
			break
		}
	}
	return strings.Join(got, " "), nil
}

// discard reads events until the stream ends.
func discard(s *Stream) error {
	_, err := collect(s, -1)
	return err
}

// until reads events until one has this data.
func until(t *testing.T, s *Stream, data string) {
	t.Helper()
	for ev, err := range s.Events() {
		if err != nil {
			t.Fatalf("the stream ended: %v", err)
		}
		if string(ev.Data) == data {
			return
		}
	}
	t.Fatalf("the stream ended without %q", data)
}

// waits collects the errors for which a stream waits.
type waits []error

func (w *waits) observe(st Status) {
	if st.State == Waiting {
		*w = append(*w, st.Err)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}
