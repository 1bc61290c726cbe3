package transport

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
)

// startHealth serves a hub's probes on a socket.
func startHealth(t *testing.T) (h *Health, addr string) {
	t.Helper()
	h = NewHealth(slog.New(slog.DiscardHandler))
	ln, err := Listen("127.0.0.1:0", ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(ln) }()
	conn, err := net.Dial("tcp", ln.Addr().String()) // which waits until it serves
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	exchange(t, ln.Addr().String(), request("GET", "/livez", ""))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return h, ln.Addr().String()
}

func TestHealth_AnswersBeforeAndAfterTheHub(t *testing.T) {
	h, addr := startHealth(t)
	want := func(path string, status int, body string) {
		t.Helper()
		if r := exchange(t, addr, request("GET", path, "")); r.status() != status || r.body != body {
			t.Errorf("%s: %v %q, want %d %q", path, r.Response, r.body, status, body)
		}
	}
	want("/livez", 200, "ok\n")
	want("/livez?verbose=1", 200, "ok\n")
	want("/readyz", 503, "not ready: starting\n")
	want("/startupz", 503, "not started: starting\n")
	want("/startupz?verbose=1", 503, `{"started":false,"checks":[{"name":"starting","ok":false,"durationMs":0}]}`)

	hub := newTestHub(t, func(o *options) { o.MaxConnections = 1 })
	h.Use(hub.Server)
	want("/livez", 200, "ok\n")
	want("/readyz", 200, "ok\n")
	want("/startupz", 200, "ok\n")
	hub.open("/api/sse", hub.bearer("alice"))
	want("/readyz", 503, "not ready: connections\n")
	if r := exchange(t, addr, request("GET", "/readyz?verbose=1", "")); strings.Contains(r.body, `"error"`) {
		t.Errorf("what fails is shown: %s", r.body)
	}

	h.Ending()
	want("/livez", 200, "ok\n")
	want("/readyz", 503, "not ready: ending\n")
	want("/startupz", 200, "ok\n")
	want("/startupz?verbose=1", 200, `{"started":true,"checks":[]}`)
}

func TestHealth_ServesNothingElse(t *testing.T) {
	h, addr := startHealth(t)
	h.Use(newTestHub(t).Server)
	for _, r := range routes {
		if r.on&health == 0 {
			if got := exchange(t, addr, request(r.method, strings.NewReplacer("{id}", "x", "{file}", "x", "{profile}", "heap").Replace(r.path), "")); got.status() != 404 {
				t.Errorf("%s %s: %v", r.method, r.path, got.Response)
			}
		}
	}
	if r := exchange(t, addr, request("POST", "/livez", "")); r.status() != 405 || r.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("POST: %v", r.Response)
	}
	if r := exchange(t, addr, request("HEAD", "/livez", "")); r.status() != 200 {
		t.Errorf("HEAD: %v", r.Response)
	}
	if r := exchange(t, addr, "GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"); r.status() != 400 {
		t.Errorf("two framings: %v", r.Response)
	}
}
