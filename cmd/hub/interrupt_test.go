package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"syscall"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
)

// leastSettings are enough for a hub with its log in memory.
func leastSettings(t *testing.T) *settings {
	t.Helper()
	return &settings{
		JWTSecretFile: []string{writeFile(t, "secret", testSecret)}, Listen: "127.0.0.1:0", InternalListen: "127.0.0.1:0",
		engineSettings: engineSettings{Engine: "memory"}, Heartbeat: time.Second, WriteTimeout: time.Second, RetryMin: time.Second,
		RetryMax: time.Second, SlowConsumer: "gap", MaxQueueBytes: 4096, MaxBody: 1, MaxData: 1, MaxBatch: 1, SendBuffer: 4096,
	}
}

// Whenever it comes: either the start ends, or the signal is still there for the hub
// that has started.
func TestServe_ASignalWhileItStartsIsNotLost(t *testing.T) {
	c := &serveCmd{*leastSettings(t)}
	started := 0
	for i := range 100 {
		signals := make(chan os.Signal, 2)
		go func() {
			time.Sleep(time.Duration(i) * 100 * time.Microsecond)
			signals <- syscall.SIGTERM
		}()
		n, err := c.start(t.Context(), signals, 100, processLog{Logger: slog.New(slog.DiscardHandler)})
		if errors.Is(err, errInterrupted) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		started++
		select {
		case <-signals:
		case <-time.After(patience):
			t.Errorf("the hub goes on after a signal that came within %d µs of the start", i*100)
		}
		n.stopping.Store(true)
		if err := n.release(t.Context()); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d of 100 hubs started all the same", started)
}

// interrupting is an engine whose tail ends the start at the moment when the log is
// loaded, and then brings what is new.
type interrupting struct {
	*memory.Engine
	interrupt context.CancelFunc
}

func (e *interrupting) Bounds(ctx context.Context) (engine.Bounds, error) {
	b, err := e.Engine.Bounds(ctx)
	b.Head = min(b.Head, 1)
	return b, err
}

func (e *interrupting) Tail(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
	return e.Engine.Tail(ctx, after, func(batch []engine.Stored) error {
		e.interrupt()
		return deliver(batch)
	})
}

func TestStart_EndsWhileTheLogIsLoaded(t *testing.T) {
	eng := memory.New(memory.Config{})
	for range 2 {
		if _, err := eng.Append(t.Context(), &engine.Record{To: []engine.Address{engine.All}, Time: time.Now()}, ""); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg, ended := leastSettings(t), make(chan error, 1)
	go func() {
		n, err := startOn(ctx, cfg, 1000, processLog{Logger: slog.New(slog.DiscardHandler)}, func(context.Context, *slog.Logger) (sharedLog, error) {
			return &interrupting{eng, cancel}, nil
		})
		if err == nil { // it had begun to go on
			n.stopping.Store(true)
			err = n.release(t.Context())
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
}
