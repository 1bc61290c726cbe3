package transport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// A panic costs one request, not the process.
func TestServer_PanicIsContained(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.Verifier = panickingVerifier{} })
	for range 3 {
		r := h.visit("GET", "/api/sse", h.bearer("alice"))
		r.want(t, 500, "internal")
		if !r.Close {
			t.Error("the connection stays open")
		}
	}
	h.post(`{"to":"all","data":1}`).want(t, 202, "")
}

// strangeLog fails in a way that errors.go does not know.
type strangeLog struct{ Log }

func (strangeLog) Append(context.Context, *engine.Record, string) (*history.Pending, error) {
	return nil, errors.New("disk on fire at /secret/path")
}

func TestServer_UnknownErrorIsInternal(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.Log = strangeLog{o.Log} })
	r := h.post(`{"to":"all","data":1}`)
	r.want(t, 500, "internal")
	if strings.Contains(r.body, "fire") {
		t.Errorf("the client was told: %s", r.body)
	}
	if n := strings.Count(h.logs.String(), "disk on fire"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	h.ask("POST", "/api/messages", `{"to":"all","data":1}`, apiKeyHeader(publishKey), "Content-Type: application/x-ndjson").want(t, 500, "")
}

// slowLog holds on to messages.
type slowLog struct {
	Log
	entered chan struct{}
	release chan struct{}
}

func (l *slowLog) Append(ctx context.Context, rec *engine.Record, key string) (*history.Pending, error) {
	close(l.entered)
	select {
	case <-l.release:
		return l.Log.Append(ctx, rec, key)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Messages that were taken before the end get their answer, and the connection
// ends with it.
func TestServer_ShutdownAnswersWhatIsInFlight(t *testing.T) {
	slow := &slowLog{entered: make(chan struct{}), release: make(chan struct{})}
	h := newTestHub(t, func(o *options) { slow.Log, o.Log = o.Log, slow })
	conn := dial(t, h.internal)
	text := request("POST", "/api/messages", `{"to":"all","data":1}`, apiKeyHeader(publishKey), "Content-Type: application/json")
	_, _ = io.WriteString(conn, text)
	<-slow.entered
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		done <- h.Shutdown(ctx)
	}()
	await(t, "the port is closed", func() bool {
		c, err := net.Dial("tcp", h.internal)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	close(slow.release)
	r := readResponse(t, bufio.NewReader(conn), text)
	r.want(t, 202, "")
	if !r.Close {
		t.Error("the connection stays open")
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestServer_AppendTimeout(t *testing.T) {
	slow := &slowLog{entered: make(chan struct{}), release: make(chan struct{})}
	h := newTestHub(t, func(o *options) {
		slow.Log, o.Log = o.Log, slow
		o.AppendTimeout = 20 * time.Millisecond
	})
	r := h.post(`{"to":"all","data":1}`)
	r.want(t, 503, "engine_unavailable")
	if r.Header.Get("Retry-After") == "" {
		t.Errorf("got %v", r.Header)
	}
}

// Many requests on one connection, each answered in its turn.
func TestServer_KeepAliveAndPipelining(t *testing.T) {
	h := newTestHub(t)
	conn := dial(t, h.internal)
	var text strings.Builder
	for range 50 {
		text.WriteString(request("POST", "/api/messages", `{"to":"all","data":1}`, apiKeyHeader(publishKey), "Content-Type: application/json"))
		text.WriteString(request("GET", "/livez", ""))
	}
	_, _ = io.WriteString(conn, text.String())
	br := bufio.NewReader(conn)
	for range 50 {
		readResponse(t, br, "POST").want(t, 202, "")
		readResponse(t, br, "GET").want(t, 200, "")
	}
}

func TestServer_ConcurrencyLimit(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.MaxPending = 2 })
	held := []net.Conn{dial(t, h.public), dial(t, h.public)}
	await(t, "both connections are served", func() bool { return h.publicHTTP.GetOpenConnectionsCount() == 2 })
	if r := h.visit("GET", "/livez"); r.status() != 503 {
		t.Errorf("got %v", r.Response)
	}
	for _, conn := range held {
		_ = conn.Close()
	}
	await(t, "there is room again", func() bool { return h.publicHTTP.GetOpenConnectionsCount() == 0 })
	// Streams do not count: they have left fasthttp.
	for range 5 {
		h.open("/api/sse", h.bearer("alice"))
	}
}
