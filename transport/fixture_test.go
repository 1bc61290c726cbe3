package transport

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
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

// testDrain is a drain that ends as soon as it begins.
type testDrain struct{ done, final atomic.Bool }

func (d *testDrain) Begin()       { d.done.Store(true) }
func (d *testDrain) Cancel() bool { return !d.final.Load() && (d.done.Swap(false) || true) }

func (d *testDrain) State() DrainState {
	if d.done.Load() {
		return DrainDone
	}
	return DrainNone
}

// testHub is a whole hub with both listeners on real sockets.
type testHub struct {
	*Server
	tb       testing.TB
	engine   *brokenEngine
	tree     *actors.Hub
	logs     *logText
	public   string // addresses
	internal string
	key      auth.Key
	deps     Deps
	drained  *testDrain
}

// options are what a test may change before the hub starts.
type options struct {
	Config
	Deps
	actors actors.Config
	engine *brokenEngine                   // to be read
	wrap   func(net.Listener) net.Listener // of the public listener
	around func(Hub) Hub                   // of the tree
}

func newTestHub(tb testing.TB, configure ...func(*options)) *testHub {
	tb.Helper()
	h := &testHub{tb: tb, logs: &logText{}, engine: &brokenEngine{Engine: memory.New(memory.DefaultConfig())}}
	level := new(slog.LevelVar)
	level.Set(slog.LevelDebug)
	log := slog.New(slog.NewJSONHandler(h.logs, &slog.HandlerOptions{Level: level}))
	var tree *actors.Hub
	connected := make(chan struct{})
	events, err := history.Open(tb.Context(), h.engine, history.DefaultConfig(), 1, log, func(entries []*history.Entry) {
		<-connected
		tree.Deliver(entries)
	})
	h.check(err)
	h.key, err = auth.HMACKey([]byte(jwtSecret))
	h.check(err)
	authCfg := auth.DefaultConfig()
	authCfg.Keys = []auth.Key{h.key}
	verifier, err := auth.NewVerifier(tb.Context(), authCfg, log)
	h.check(err)
	keys, err := auth.ParseAPIKeys(strings.NewReader(
		"pub:" + publishKey + ":publish\nwatch:" + presenceKey + ":presence\nroot:" + adminKey + ":admin\n"))
	h.check(err)

	o := options{Config: DefaultConfig(), engine: h.engine, actors: actors.DefaultConfig(), wrap: func(ln net.Listener) net.Listener { return ln }}
	o.Instance, o.actors.Instance = "test-1", "test-1"
	o.Deps = Deps{
		Log: events, Verifier: verifier, APIKeys: keys, Tickets: auth.NewTickets(30*time.Second, 1000),
		Revocations: auth.NewRevocations(0), Logger: log,
	}
	h.drained = &testDrain{}
	o.Drain, o.LogLevel = h.drained, level
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
	tb.Cleanup(func() {
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
	h.tb.Helper()
	pub, err := Listen("127.0.0.1:0", DefaultListenConfig())
	h.check(err)
	in, err := Listen("127.0.0.1:0", ListenConfig{})
	h.check(err)
	h.public, h.internal = pub.Addr().String(), in.Addr().String()
	served := make(chan error, 2)
	accepting := make(chan struct{}, 2)
	go func() { served <- h.ServePublic(&announced{Listener: wrap(pub), accepting: accepting}) }()
	go func() { served <- h.ServeInternal(&announced{Listener: in, accepting: accepting}) }()
	// A Shutdown that comes before Serve knows its listener would not end it.
	receive(h.tb, accepting, "listener that serves")
	receive(h.tb, accepting, "second listener that serves")
	return served
}

// announced says when it is first asked for a connection.
type announced struct {
	net.Listener
	accepting chan<- struct{}
	once      sync.Once
}

func (l *announced) Accept() (net.Conn, error) {
	l.once.Do(func() { l.accepting <- struct{}{} })
	return l.Listener.Accept()
}

func (h *testHub) check(err error) {
	h.tb.Helper()
	if err != nil {
		h.tb.Fatal(err)
	}
}

// token returns a token for a user with the given claims.
func (h *testHub) token(user string, change ...func(*auth.Claims)) string {
	h.tb.Helper()
	claims := auth.Claims{User: user, Topics: []string{"news", "orders/*"}, TTL: time.Hour}
	for _, f := range change {
		f(&claims)
	}
	token, err := auth.Mint(h.key, claims)
	h.check(err)
	return token
}

// operatorScopes are what the form of the dashboard needs.
func operatorScopes(c *auth.Claims) {
	c.Scopes = []auth.Scope{auth.ScopeDashboard, auth.ScopePublish}
}

func dashboardScope(c *auth.Claims) { c.Scopes = []auth.Scope{auth.ScopeDashboard} }

func (h *testHub) bearer(user string, change ...func(*auth.Claims)) string {
	return "Authorization: Bearer " + h.token(user, change...)
}

func apiKeyHeader(key string) string { return "X-API-Key: " + key }

// counter returns the value of a metric.
func (h *testHub) counter(name string) string {
	h.tb.Helper()
	for line := range strings.Lines(h.ask("GET", "/metrics", "").body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	h.tb.Fatalf("no metric %s", name)
	return ""
}
