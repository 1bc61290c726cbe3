package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.org/hub/engine"
)

// appender appends without a pause, from many goroutines.
type appender struct {
	e      *Engine
	count  atomic.Int64
	cancel context.CancelFunc
	failed chan error
	all    sync.WaitGroup
}

func startAppender(t *testing.T, e *Engine) *appender {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	a := &appender{e: e, cancel: cancel, failed: make(chan error, 100)}
	t.Cleanup(a.stop)
	for n := range 16 {
		a.all.Go(func() {
			for ctx.Err() == nil {
				_, err := e.Append(ctx, record(n), "")
				if err == nil {
					a.count.Add(1)
				} else if ctx.Err() == nil {
					a.failed <- err
					return
				}
			}
		})
	}
	return a
}

func (a *appender) stop() {
	a.cancel()
	a.all.Wait()
}

// some waits for appends that begin from now on.
func (a *appender) some(t *testing.T) {
	t.Helper()
	before := a.count.Load()
	eventually(t, "appends", func() bool { return len(a.failed) > 0 || a.count.Load() > before+32 })
}

// leader returns the index of the member that leads the stream.
func (m *members) leader(t *testing.T) (leader int) {
	t.Helper()
	eventually(t, "a leader of the stream", func() bool {
		leader = slices.IndexFunc(m.engines, leadsStream)
		return leader >= 0
	})
	return leader
}

func leadsStream(e *Engine) bool { return e.server.JetStreamIsStreamLeader("$G", e.names.stream) }
func leadsMeta(e *Engine) bool   { return e.server.JetStreamIsLeader() }

func holds(e *Engine) bool {
	e.gate.mu.Lock()
	defer e.gate.mu.Unlock()
	return len(e.gate.holds) > 0
}

// lease makes a hub known to those that leave.
func lease(t *testing.T, name string, e *Engine) {
	t.Helper()
	l := engine.Lease{Hub: name, Boot: "1", Since: time.Now()}
	eventually(t, "a lease", func() bool {
		return e.Announce(t.Context(), l) == nil
	})
	t.Cleanup(func() { // nobody waits for it any more
		if err := e.Withdraw(context.Background(), l); err != nil {
			t.Errorf("Withdraw: %v", err)
		}
	})
}

// A member that leaves hands over what it leads while it is still there, and nothing
// is on its way to it then: without that appends fail at the other hubs, or wait for
// seconds until those notice that their leader is gone.
func TestHandOver_NoAppendOfOtherHubsFails(t *testing.T) {
	for _, tt := range []struct {
		name  string
		leads bool
	}{
		{"the leader of the stream leaves", true},
		{"a follower leaves", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := startCluster(t, func(cfg *Config) { cfg.holdLimit = 10 * time.Second })
			leaver := m.leader(t)
			if !tt.leads {
				leaver = (leaver + 1) % len(m.engines)
			}
			gone := m.engines[leaver]
			others := slices.Delete(slices.Clone(m.engines), leaver, leaver+1)
			m.engines[leaver] = nil
			t.Cleanup(func() { mustClose(t, gone) })
			edge := m.client // connected to the one that leaves, until it hears of that
			edge.URLs, edge.holdLimit = []string{m.client.URLs[leaver]}, 10*time.Second
			hubs := append(slices.Clone(others), mustOpen(t, edge))
			var appenders []*appender
			for i, e := range hubs {
				lease(t, fmt.Sprint("hub", i), e)
				appenders = append(appenders, startAppender(t, e))
			}
			for _, a := range appenders {
				a.some(t)
			}

			gone.handOver()
			if !slices.ContainsFunc(others, leadsStream) {
				t.Error("no other member leads the stream")
			}
			if !slices.ContainsFunc(others, leadsMeta) {
				t.Error("no other member leads the cluster")
			}
			if on := hubs[len(others)].nc.ConnectedServerName(); on == gone.cfg.ServerName {
				t.Error("a hub is still connected to the member that leaves")
			}
			if slices.ContainsFunc(hubs, holds) {
				t.Error("a hub still holds its appends")
			}
			mustClose(t, gone)
			var stored uint64
			for i, a := range appenders {
				a.some(t)
				a.stop()
				stored += uint64(a.count.Load())
				select {
				case err := <-a.failed:
					t.Errorf("an append of hub %d failed: %v", i, err)
				default:
				}
			}
			if b, err := others[0].Bounds(t.Context()); err != nil || b.Head < stored {
				t.Errorf("the log has %d records of %d, %v", b.Head, stored, err)
			}
		})
	}
}

// A consumer ends with its server, which then says nothing any more.
func TestHandOver_TailsMakeNewConsumers(t *testing.T) {
	m := startCluster(t, nil)
	gone, others := m.engines[0], m.engines[1:]
	m.engines = others
	t.Cleanup(func() { mustClose(t, gone) })
	var readers []*reader
	appendOne := func(n int) {
		t.Helper()
		eventually(t, "an append", func() bool {
			_, err := others[0].Append(t.Context(), record(n), strconv.Itoa(n))
			return err == nil
		})
		for i, r := range readers {
			eventually(t, fmt.Sprint("a record at reader ", i), func() bool { return len(r.numbers()) == n+1 })
		}
	}
	const tails = 4 // each, so that not all have their consumer at the one that leaves
	for range tails {
		readers = append(readers, startReader(t, others[0]), startReader(t, others[1]))
	}
	appendOne(0)
	gone.handOver()
	for _, e := range others {
		eventually(t, "new consumers", func() bool { return e.relinks.Load() >= tails && e.Up() })
	}
	mustClose(t, gone)
	appendOne(1)
}

// What a member that dies has asked for ends without it.
func TestHandOver_AnAppendWaitsOnlyAsLongAsAHold(t *testing.T) {
	s := startExternal(t, t.TempDir(), -1, nil)
	e := mustOpen(t, Config{URLs: []string{s.ClientURL()}, holdLimit: time.Minute})
	if e.tell(t.Context(), notice{Server: "dead"}, 1) != 1 {
		t.Fatal("nobody heeds a member that leaves")
	}
	brief, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := e.Append(brief, record(0), ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an append that cannot wait ends with %v", err)
	}
	e.cfg.holdLimit = 50 * time.Millisecond
	e.tell(t.Context(), notice{Server: "dead"}, 2) // one does not answer
	if _, err := e.Append(t.Context(), record(1), ""); err != nil {
		t.Errorf("Append: %v", err)
	}
	if b, err := e.Bounds(t.Context()); err != nil || b.Head != 1 {
		t.Errorf("Bounds = %+v, %v, want the second record alone", b, err)
	}
}

// A member whose Open fails early ends all the same.
func TestHandOver_NeedsNoConnection(t *testing.T) {
	peers := make([]string, 3)
	for i, port := range freePorts(t, 3) {
		peers[i] = fmt.Sprintf("127.0.0.1:%d", port)
	}
	e := &Engine{log: testLog(), cfg: Config{
		ServerName: "core0", DataDir: t.TempDir(), ClusterListen: peers[0], ClusterPeers: peers,
		ClusterSecretFile: writeFile(t, "secret", "a secret of the cluster"),
	}.orDefault()}
	e.life, e.end = context.WithCancelCause(t.Context())
	var err error
	if e.server, err = startServer(&e.cfg, e.log); err != nil {
		t.Fatal(err)
	}
	mustClose(t, e)
}
