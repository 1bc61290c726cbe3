package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"example.org/hub/engine"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(envChild); dir != "" {
		writeUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

// testLog says nothing, or everything with HUB_TEST_LOG set.
func testLog() *slog.Logger {
	if os.Getenv("HUB_TEST_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.DiscardHandler)
}

// mustOpen opens an engine that ends with the test.
func mustOpen(t *testing.T, cfg Config) *Engine {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e, err := Open(ctx, cfg, testLog())
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { mustClose(t, e) })
	return e
}

func mustClose(t *testing.T, e *Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// small keeps the reservations of many logs on one server low.
func small(cfg Config) Config {
	cfg.MaxBytes = 16 << 20
	return cfg
}

var namespaces atomic.Int64

// freshNamespace returns a name that no other log of the test process has.
func freshNamespace() string { return fmt.Sprintf("ns%d", namespaces.Add(1)) }

// startExternal starts a server with a listener of its own, as an operator would.
func startExternal(t *testing.T, dir string, port int, change func(*server.Options)) *server.Server {
	t.Helper()
	opts := &server.Options{
		Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, JetStreamMaxMemory: 8 << 30, JetStreamMaxStore: 8 << 30,
	}
	if change != nil {
		change(opts)
	}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(startTimeout) {
		t.Fatal("the server does not start")
	}
	t.Cleanup(func() { stopExternal(s) })
	return s
}

func stopExternal(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// ports counts from any number on, so that no port is given twice.
var ports atomic.Uint32

func init() { ports.Store(rand.Uint32N(6_000)) }

// freePorts returns ports that nobody listens on, from below those that the kernel
// gives to clients, so that nobody takes them in the meantime.
func freePorts(tb testing.TB, n int) []int {
	tb.Helper()
	var free []int
	for len(free) < n {
		port := 26_000 + int(ports.Add(1)%6_000)
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			tb.Fatal(err)
		}
		if err := ln.Close(); err != nil {
			tb.Fatal(err)
		}
		free = append(free, port)
	}
	return free
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func record(n int) *engine.Record {
	return &engine.Record{
		To:    []engine.Address{engine.User("u")},
		Body:  fmt.Appendf(nil, "data: %d\n\n", n),
		Nonce: uint64(n),
		Time:  time.Now(),
	}
}

// eventually waits for a condition that takes its time.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
