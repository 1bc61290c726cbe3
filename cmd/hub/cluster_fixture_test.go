package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
)

// commonLog is an engine that the hubs of a test share. Each hub has its own way
// to it, which can be cut and held.
type commonLog struct {
	*memory.Engine

	mu   sync.Mutex
	down bool
	shy  int                // so many announcements fail
	cut  context.CancelFunc // ends the tail
	hold chan struct{}      // the tail goes on when it is closed
}

func newCommonLog(eng *memory.Engine) *commonLog {
	hold := make(chan struct{})
	close(hold)
	return &commonLog{Engine: eng, hold: hold}
}

// Close leaves the engine to the others.
func (c *commonLog) Close() error { return nil }

// fail cuts the hub off, or lets it return.
func (c *commonLog) fail(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
	if down && c.cut != nil {
		c.cut()
	}
}

// pause holds the tail until the function that it returns is called.
func (c *commonLog) pause() (goOn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold = make(chan struct{})
	return sync.OnceFunc(func() { close(c.hold) })
}

func (c *commonLog) state() (hold <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return nil, engine.ErrUnavailable
	}
	return c.hold, nil
}

func (c *commonLog) Append(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error) {
	if _, err := c.state(); err != nil {
		return engine.Appended{}, err
	}
	return c.Engine.Append(ctx, rec, key)
}

func (c *commonLog) Bounds(ctx context.Context) (engine.Bounds, error) {
	if _, err := c.state(); err != nil {
		return engine.Bounds{}, err
	}
	return c.Engine.Bounds(ctx)
}

func (c *commonLog) Announce(ctx context.Context, l engine.Lease) error {
	if _, err := c.state(); err != nil {
		return err
	}
	c.mu.Lock()
	c.shy--
	refused := c.shy >= 0
	c.mu.Unlock()
	if refused {
		return engine.ErrUnavailable
	}
	return c.Engine.Announce(ctx, l)
}

func (c *commonLog) Leases(ctx context.Context) ([]engine.Lease, error) {
	if _, err := c.state(); err != nil {
		return nil, err
	}
	return c.Engine.Leases(ctx)
}

func (c *commonLog) Ask(ctx context.Context, question []byte, answer func(string, []byte) bool) error {
	if _, err := c.state(); err != nil {
		return err
	}
	return c.Engine.Ask(ctx, question, answer)
}

func (c *commonLog) Tail(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
	running, cut := context.WithCancel(ctx)
	defer cut()
	c.mu.Lock()
	c.cut = cut
	c.mu.Unlock()
	err := c.Engine.Tail(running, after, func(batch []engine.Stored) error {
		hold, err := c.state()
		if err != nil {
			return err
		}
		<-hold
		return deliver(batch)
	})
	if ctx.Err() == nil && running.Err() != nil {
		return engine.ErrUnavailable
	}
	return err
}

// member is one hub of a cluster in this process.
type member struct {
	hub // for its clients

	node *node
	log  *commonLog
}

// testCluster are the hubs of one test with what they share.
type testCluster struct {
	t               *testing.T
	engine          *memory.Engine
	secret, keyFile string
	shy             int // how many announcements of a hub that starts fail
}

func newTestCluster(t *testing.T) *testCluster {
	t.Helper()
	eng := memory.New(memory.Config{})
	t.Cleanup(func() { _ = eng.Close() })
	return &testCluster{
		t: t, engine: eng,
		secret: writeFile(t, "secret", testSecret), keyFile: writeFile(t, "keys", "tests:"+testKey+":admin\n"),
	}
}

// start starts a hub, which ends with the test.
func (c *testCluster) start(name string, args ...string) *member {
	c.t.Helper()
	var parsed cli
	parser, err := kong.New(&parsed)
	if err != nil {
		c.t.Fatal(err)
	}
	args = append([]string{
		"serve", "--instance", name, "--listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0",
		"--jwt-secret-file", c.secret, "--api-key-file", c.keyFile, "--drain-delay", "0s", "--drain-window", "0s",
	}, args...)
	if _, err := parser.Parse(args); err != nil {
		c.t.Fatal(err)
	}
	m := &member{log: newCommonLog(c.engine)}
	m.log.shy = c.shy
	open := func(context.Context, *slog.Logger) (sharedLog, error) { return m.log, nil }
	m.node, err = startOn(c.t.Context(), &parsed.Serve.settings, 1000, processLog{Logger: slog.New(slog.DiscardHandler)}, open)
	if err != nil {
		c.t.Fatal(err)
	}
	m.t, m.secretFile, m.keyFile = c.t, c.secret, c.keyFile
	m.public, m.internal = "http://"+m.node.public.Addr().String(), "http://"+m.node.internal.Addr().String()
	c.t.Cleanup(m.stop)
	return m
}

// stop ends the hub; it may be called again.
func (m *member) stop() {
	if m.node.stopping.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := m.node.stop(ctx); err != nil {
		m.t.Errorf("stop: %v", err)
	}
}

// call asks the internal listener and reads the JSON of the answer into v.
func (m *member) call(method, path, body string, v any) (status int) {
	m.t.Helper()
	req, err := http.NewRequest(method, m.internal+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("X-API-Key", testKey)
	req.Header.Set("Content-Type", "application/json")
	return m.do(req, v)
}

func (m *member) do(req *http.Request, v any) (status int) {
	m.t.Helper()
	req.Close = true
	resp, err := (&http.Client{Timeout: patience}).Do(req) // an answer may turn out to be a stream
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	if v != nil {
		if err := json.Unmarshal(text, v); err != nil {
			m.t.Fatalf("%s %s: %d %s: %v", req.Method, req.URL.Path, resp.StatusCode, text, err)
		}
	}
	return resp.StatusCode
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so: %s", what)
		}
	}
}
