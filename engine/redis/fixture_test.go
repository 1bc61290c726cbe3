package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/hub/engine"
)

// within is how long a condition may take to come true. It only passes as a
// whole when a test fails.
const within = 30 * time.Second

func TestMain(m *testing.M) {
	// rueidis closes connections to nodes that left a Cluster after five seconds.
	late := goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*clusterClient)._refresh.func2")
	goleak.VerifyTestMain(m, late, goleak.Cleanup(func(code int) {
		if s := shared.server; s != nil {
			s.end()
			_ = os.RemoveAll(s.dir)
		}
		os.Exit(code)
	}))
}

// shared is the server of the tests that do it no harm.
var shared struct {
	sync.Once
	server *redisServer
	err    error
}

func sharedServer(t *testing.T) *redisServer {
	t.Helper()
	shared.Do(func() { shared.server, shared.err = newServer() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// newServer starts a server that outlives the test that needs it first.
func newServer() (*redisServer, error) {
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		return nil, err
	}
	s := &redisServer{dir: dir}
	if err := s.run(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

// redisServer is a process of redis-server.
type redisServer struct {
	dir  string
	port int
	args []string
	cmd  *exec.Cmd
}

// startServer starts a server for one test, with settings beyond the usual ones.
func startServer(t *testing.T, args ...string) *redisServer {
	t.Helper()
	s := &redisServer{dir: t.TempDir(), args: args}
	s.start(t)
	t.Cleanup(s.end)
	return s
}

// start runs the server again, with the data that it has written and on the same
// port, and waits until it answers.
func (s *redisServer) start(t *testing.T) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

func (s *redisServer) run() error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return fmt.Errorf("%w: the tests need the Debian package redis-server", err)
	}
	if s.port == 0 {
		if s.port, err = freePort(); err != nil {
			return err
		}
	}
	args := append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "",
		"--logfile", filepath.Join(s.dir, "log"), "--daemonize", "no",
	}, s.args...)
	s.cmd = exec.Command(program, args...)
	s.cmd.SysProcAttr = endWithParent()
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if s.answers() {
			return nil
		}
	}
	log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return fmt.Errorf("redis-server does not answer: %s", log)
}

// answers tells whether the server does more than take a connection, which it
// does before it has opened all its ports.
func (s *redisServer) answers() bool {
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(within))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	n, _ := conn.Read(make([]byte, 64)) // a refusal is an answer too
	return n > 0
}

// ports counts from any number on, so that no port is given twice.
var ports atomic.Uint32

func init() { ports.Store(mathrand.Uint32N(6_000)) }

// freePort returns a port from below those that the kernel gives to clients and
// to listeners that do not care, so that nobody takes it in the meantime.
func freePort() (int, error) {
	for {
		port := 20_000 + int(ports.Add(1)%6_000)
		ln, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return 0, err
		}
		return port, ln.Close()
	}
}

func (s *redisServer) address() string { return "127.0.0.1:" + strconv.Itoa(s.port) }
func (s *redisServer) url() string     { return "redis://" + s.address() }

func (s *redisServer) signal(sig syscall.Signal) { _ = s.cmd.Process.Signal(sig) }

// stop ends the server in good order, so that it writes what it keeps.
func (s *redisServer) stop() {
	s.signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// end kills the server, whatever state it is in.
func (s *redisServer) end() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// open returns an engine with a namespace of its own, unless cfg names one.
func (s *redisServer) open(t *testing.T, cfg Config) *Engine {
	t.Helper()
	cfg.URL = s.url()
	if cfg.Namespace == "" {
		cfg.Namespace = rand.Text()
	}
	e, err := Open(t.Context(), cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// eventually waits for a condition.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func numbered(n int) *engine.Record {
	return &engine.Record{
		To: []engine.Address{engine.User("u")}, Body: fmt.Appendf(nil, "data: %d\n\n", n),
		Time: time.Now(), Nonce: uint64(n),
	}
}

func mustAppend(t *testing.T, e *Engine, n int, key string) engine.Appended {
	t.Helper()
	got, err := e.Append(t.Context(), numbered(n), key)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return got
}

func mustBounds(t *testing.T, e *Engine) engine.Bounds {
	t.Helper()
	b, err := e.Bounds(t.Context())
	if err != nil {
		t.Fatalf("Bounds: %v", err)
	}
	return b
}

// follower collects what a Tail from the start delivers.
type follower struct {
	mu   sync.Mutex
	got  []engine.Stored
	end  chan error
	stop context.CancelFunc
}

func follow(t *testing.T, e *Engine) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{end: make(chan error, 1), stop: cancel}
	var running sync.WaitGroup
	running.Go(func() {
		f.end <- e.Tail(ctx, 0, func(batch []engine.Stored) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.got = append(f.got, batch...)
			return nil
		})
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return f
}

func (f *follower) seen() []engine.Stored {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]engine.Stored(nil), f.got...)
}

func (f *follower) awaitEnd(t *testing.T) error {
	t.Helper()
	select {
	case err := <-f.end:
		return err
	case <-time.After(within):
		t.Fatal("the tail did not end")
		return nil
	}
}

// dial returns what sends a command line to a server, beside all engines, and
// returns the start of the raw answer.
func dial(t *testing.T, s *redisServer) func(line string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		return func(string) string { return err.Error() }
	}
	t.Cleanup(func() { _ = conn.Close() })
	return func(line string) string {
		_ = conn.SetDeadline(time.Now().Add(within))
		answer := make([]byte, 16<<10)
		_, _ = conn.Write([]byte(line + "\r\n"))
		n, _ := conn.Read(answer)
		return string(answer[:n])
	}
}

// mustEventually appends a record once, as soon as the server takes it.
func mustEventually(t *testing.T, e *Engine, n int) (got engine.Appended) {
	t.Helper()
	eventually(t, "the server", func() bool {
		var err error
		got, err = e.Append(t.Context(), numbered(n), "key "+strconv.Itoa(n))
		return err == nil
	})
	return got
}
