package transport

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
	"example.org/hub/sse"
)

// The keys of services in tests.
const (
	publishKey  = "publish-key-0123456789"
	presenceKey = "presence-key-0123456789"
	adminKey    = "admin-key-0123456789"
)

// jwtSecret signs the tokens of tests.
const jwtSecret = "a secret of at least thirty-two bytes"

// logText is where a hub under test logs to.
type logText struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// brokenEngine is a log that can fail.
type brokenEngine struct {
	*memory.Engine
	mu  sync.Mutex
	err error
}

func (e *brokenEngine) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

func (e *brokenEngine) Append(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error) {
	e.mu.Lock()
	err := e.err
	e.mu.Unlock()
	if err != nil {
		return engine.Appended{}, err
	}
	return e.Engine.Append(ctx, rec, key)
}

// testHub is a whole hub with both listeners on real sockets.
type testHub struct {
	*Server
	t        testing.TB
	engine   *brokenEngine
	tree     *actors.Hub
	logs     *logText
	public   string // addresses
	internal string
	key      auth.Key
	deps     Deps
}

// options are what a test may change before the hub starts.
type options struct {
	Config
	Deps
	actors actors.Config
	wrap   func(net.Listener) net.Listener // of the public listener
	around func(Hub) Hub                   // of the tree
}

func newTestHub(t testing.TB, configure ...func(*options)) *testHub {
	t.Helper()
	h := &testHub{t: t, logs: &logText{}, engine: &brokenEngine{Engine: memory.New(memory.DefaultConfig())}}
	log := slog.New(slog.NewJSONHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var tree *actors.Hub
	connected := make(chan struct{})
	events, err := history.Open(t.Context(), h.engine, history.DefaultConfig(), 1, log, func(entries []*history.Entry) {
		<-connected
		tree.Deliver(entries)
	})
	h.check(err)
	h.key, err = auth.HMACKey([]byte(jwtSecret))
	h.check(err)
	authCfg := auth.DefaultConfig()
	authCfg.Keys = []auth.Key{h.key}
	verifier, err := auth.NewVerifier(t.Context(), authCfg, log)
	h.check(err)
	keys, err := auth.ParseAPIKeys(strings.NewReader(
		"pub:" + publishKey + ":publish\nwatch:" + presenceKey + ":presence\nroot:" + adminKey + ":admin\n"))
	h.check(err)

	o := options{Config: DefaultConfig(), actors: actors.DefaultConfig(), wrap: func(ln net.Listener) net.Listener { return ln }}
	o.Config.Instance, o.actors.Instance = "test-1", "test-1"
	o.Deps = Deps{
		Log: events, Verifier: verifier, APIKeys: keys, Tickets: auth.NewTickets(30*time.Second, 1000),
		Revocations: auth.NewRevocations(), Logger: log,
	}
	o.Metrics = metrics.NewSet()
	o.actors.Window, o.actors.Log, o.actors.Metrics = events.Window(), log, o.Metrics
	for _, f := range configure {
		f(&o)
	}
	tree, err = actors.New(o.actors)
	h.check(err)
	close(connected)
	h.tree = tree
	o.Hub = tree
	if o.around != nil {
		o.Hub = o.around(tree)
	}
	h.deps = o.Deps
	h.Server, err = New(o.Config, o.Deps)
	h.check(err)
	served := h.listen(o.wrap)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		events.Close()
		h.check(tree.Close(ctx))
		h.check(h.Shutdown(ctx))
		h.check(<-served)
		h.check(<-served)
		h.check(h.engine.Close())
		verifier.Close()
	})
	return h
}

func (h *testHub) listen(wrap func(net.Listener) net.Listener) <-chan error {
	h.t.Helper()
	pub, err := Listen("127.0.0.1:0", DefaultListenConfig())
	h.check(err)
	in, err := Listen("127.0.0.1:0", ListenConfig{})
	h.check(err)
	h.public, h.internal = pub.Addr().String(), in.Addr().String()
	served := make(chan error, 2)
	go func() { served <- h.ServePublic(wrap(pub)) }()
	go func() { served <- h.ServeInternal(in) }()
	await(h.t, "both listeners serve", func() bool { return h.hostsChecked.Load() })
	return served
}

func (h *testHub) check(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// token returns a token for a user with the given claims.
func (h *testHub) token(user string, change ...func(*auth.Claims)) string {
	h.t.Helper()
	claims := auth.Claims{User: user, Topics: []string{"news", "orders/*"}, TTL: time.Hour}
	for _, f := range change {
		f(&claims)
	}
	token, err := auth.Mint(h.key, claims)
	h.check(err)
	return token
}

func dashboardScope(c *auth.Claims) { c.Scopes = []auth.Scope{auth.ScopeDashboard} }

func (h *testHub) bearer(user string, change ...func(*auth.Claims)) string {
	return "Authorization: Bearer " + h.token(user, change...)
}

func apiKeyHeader(key string) string { return "X-API-Key: " + key }

// response is an answer that was read to its end.
type response struct {
	*http.Response
	body string
}

// problem returns the error that the answer holds.
func (r *response) problem(t testing.TB) (code, field string) {
	t.Helper()
	var p struct {
		Error struct{ Code, Message, Field string }
	}
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || p.Error.Code == "" || p.Error.Message == "" {
		t.Fatalf("not a problem: %q (%v)", r.body, err)
	}
	return p.Error.Code, p.Error.Field
}

func (r *response) want(t testing.TB, status int, code string) {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("got %d %s, want %d", r.StatusCode, r.body, status)
	}
	if code == "" {
		return
	}
	if got, _ := r.problem(t); got != code {
		t.Fatalf("got %s, want code %s", r.body, code)
	}
}

func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// exchange sends bytes as they are and reads one answer.
func exchange(t testing.TB, addr, text string) *response {
	t.Helper()
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	r := readResponse(t, bufio.NewReader(conn), text)
	_ = conn.Close()
	return r
}

func readResponse(t testing.TB, br *bufio.Reader, request string) *response {
	t.Helper()
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(br, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("read answer to %.80q: %v", request, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("read body of the answer to %.80q: %v", request, err)
	}
	return &response{resp, string(body)}
}

// request builds a request; headers are whole lines.
func request(method, target, body string, headers ...string) string {
	text := method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n"
	for _, line := range headers {
		text += line + "\r\n"
	}
	if body != "" || method == "POST" {
		text += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return text + "\r\n" + body
}

// ask asks the internal listener.
func (h *testHub) ask(method, target, body string, headers ...string) *response {
	h.t.Helper()
	return exchange(h.t, h.internal, request(method, target, body, headers...))
}

// visit asks the public listener.
func (h *testHub) visit(method, target string, headers ...string) *response {
	h.t.Helper()
	return exchange(h.t, h.public, request(method, target, "", headers...))
}

// post publishes a message and returns the answer.
func (h *testHub) post(body string, headers ...string) *response {
	h.t.Helper()
	return h.ask("POST", "/api/messages", body,
		append([]string{apiKeyHeader(publishKey), "Content-Type: application/json"}, headers...)...)
}

// reader is a client with an open stream.
type reader struct {
	t    testing.TB
	conn net.Conn
	resp *http.Response
	dec  *sse.Decoder
	seen []sse.Event
}

// open opens a stream and waits for its event connected.
func (h *testHub) open(target string, headers ...string) *reader {
	h.t.Helper()
	r := h.openRaw(request("GET", target, "", headers...))
	r.until("connected")
	return r
}

// openRaw sends a request and reads the head of its answer, which is a stream.
func (h *testHub) openRaw(text string) *reader {
	h.t.Helper()
	conn := dial(h.t, h.public)
	if _, err := io.WriteString(conn, text); err != nil {
		h.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	h.check(err)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		body, _ := io.ReadAll(resp.Body)
		h.t.Fatalf("no stream: %s %s", resp.Status, body)
	}
	return &reader{t: h.t, conn: conn, resp: resp, dec: sse.NewDecoder(resp.Body, 1<<20)}
}

// until reads up to an event of the name.
func (r *reader) until(name string) sse.Event {
	r.t.Helper()
	for {
		ev, err := r.dec.Next()
		if err != nil {
			r.t.Fatalf("no event %q: %v; seen %v", name, err, r.seen)
		}
		r.seen = append(r.seen, ev)
		if ev.Name == name {
			return ev
		}
	}
}

// rest reads to the end of the stream.
func (r *reader) rest() []sse.Event {
	r.t.Helper()
	var events []sse.Event
	for {
		ev, err := r.dec.Next()
		if errors.Is(err, io.EOF) {
			return events
		}
		if err != nil {
			r.t.Fatalf("stream: %v", err)
		}
		events = append(events, ev)
	}
}

func (r *reader) close() { _ = r.conn.Close() }

// counter returns the value of a metric.
func (h *testHub) counter(name string) string {
	h.t.Helper()
	for line := range strings.Lines(h.ask("GET", "/metrics", "").body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	h.t.Fatalf("no metric %s", name)
	return ""
}
