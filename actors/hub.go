package actors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"example.org/hub/history"
)

// ErrNoAnswer is returned when the tree does not answer a question in time.
var ErrNoAnswer = errors.New("actors do not answer")

// registryName is what protoactor calls the registry.
const registryName = "registry"

// routeBatch is how many entries the registry routes at a time, before others
// get a turn.
const routeBatch = 16

// Hub is the way into the supervision tree. Its methods may be called from any
// goroutine.
type Hub struct {
	cfg      Config
	pool     *pool
	metrics  *hubMetrics
	system   *actor.ActorSystem
	registry *actor.PID

	epoch    atomic.Pointer[string] // of the positions told to clients; the registry sets it
	draining atomic.Bool
	perUser  atomic.Int64  // connections of one user, 0 for no limit
	inboxLen *atomic.Int32 // messages that wait for the registry
	ticking  atomic.Bool   // a tick waits in the registry's mailbox
	clock    chan struct{} // closed to stop the clock

	gate   sync.RWMutex // held while a message is sent, so that Close knows the last
	closed bool
	gone   chan struct{} // closed when the tree has stopped
}

// New starts a supervision tree. Close stops it.
func New(cfg Config) (*Hub, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	h := &Hub{cfg: cfg, clock: make(chan struct{}), gone: make(chan struct{})}
	h.SetMaxPerUser(cfg.MaxPerUser)
	begin := cfg.Window.Position()
	h.setEpoch(begin.Epoch)
	h.pool = newPool(cfg.Workers)
	h.metrics = newHubMetrics(cfg.Metrics, h)
	h.system = actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
			return slog.New(slog.DiscardHandler) // it would log messages; onActorEvent tells what matters
		}),
		actor.WithDeadLetterThrottleInterval(time.Millisecond), // or each hub leaves a timer of a second behind
	)
	shrinkProcessRegistry(h.system)
	h.system.EventStream.Subscribe(h.metrics.onActorEvent)
	pid, err := h.system.Root.SpawnNamed(newRegistry(h, begin.Seq), registryName)
	if err != nil {
		return nil, fmt.Errorf("start registry: %w", err)
	}
	h.registry = pid
	h.pool.done.Go(h.tick)
	return h, nil
}

// Attach starts a connection over an open stream. It does not wait: if the tree
// has no place for the connection, the stream's Refuse is called. After Close it
// always is.
func (h *Hub) Attach(a *Attach) { h.submit(a) }

// Deliver routes entries of the log. The tail calls it, in the order of the log;
// entries is not changed afterwards.
func (h *Hub) Deliver(entries []*history.Entry) {
	h.pool.help(func() {
		for left := entries; len(left) > 0; {
			n := min(len(left), routeBatch)
			h.submit(&route{left[:n]})
			left = left[n:]
		}
	})
}

// Reset tells every stream that the log could not be followed without a break.
// The tail calls it, in order with Deliver; what follows lies behind gap.To.
func (h *Hub) Reset(gap history.Gap) { h.submit(&reset{gap}) }

// UpdateDashboard sends a frame to this hub's dashboard streams. New ones get
// the last frame at once.
func (h *Hub) UpdateDashboard(frame []byte) { h.submit(&dashboard{frame}) }

// SetMaxPerUser changes Config.MaxPerUser for connections to come.
func (h *Hub) SetMaxPerUser(n int) { h.perUser.Store(int64(n)) }

// Draining reports whether Drain has been called, and Resume not since.
func (h *Hub) Draining() bool { return h.draining.Load() }

// Drain ends all streams, spread evenly over the window and in random order,
// each with a time to come back after; new ones are refused. It returns when
// the last is gone or with the context's error.
func (h *Hub) Drain(ctx context.Context, window time.Duration) error {
	h.draining.Store(true)
	m := &drain{window: window, done: make(chan struct{})}
	h.submit(m)
	return await(ctx, m.done)
}

// Resume takes a Drain back: new streams are taken again, and those that were
// not ended yet stay. It is to be called after Drain has returned.
func (h *Hub) Resume() {
	h.submit(&undrain{})
	h.draining.Store(false)
}

// Ping returns nil when the registry handles messages.
func (h *Hub) Ping(ctx context.Context) error {
	m := &ping{alive: make(chan struct{})}
	if !h.submit(m) {
		return ErrNoAnswer
	}
	return await(ctx, m.alive)
}

// Close ends every stream at once and stops the tree. It returns when that is
// done or with the context's error, and may be called again.
func (h *Hub) Close(ctx context.Context) error {
	h.gate.Lock()
	first := !h.closed
	h.closed = true
	h.gate.Unlock()
	if first {
		h.draining.Store(true)
		close(h.clock)
		stop := h.system.Root.StopFuture(h.registry)
		go func() {
			defer close(h.gone)
			_ = stop.Wait()
			h.pool.close()
			h.system.Shutdown()
		}()
	}
	return await(ctx, h.gone)
}

// submit sends a message to the registry, and reports whether there still is one.
func (h *Hub) submit(msg any) bool {
	h.gate.RLock()
	open := !h.closed
	if open {
		h.send(h.registry, msg)
	}
	h.gate.RUnlock()
	if !open {
		h.lost(msg)
	}
	return open
}

func (h *Hub) send(pid *actor.PID, msg any) { h.system.Root.Send(pid, msg) }

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrNoAnswer, ctx.Err())
	}
}

// connectionID is the text of a connection's number: 13 digits to base 36 at most.
func connectionID(id uint64) string { return strconv.FormatUint(id, 36) }

// parseConnectionID reads what connectionID writes.
func parseConnectionID(s string) (uint64, bool) {
	id, err := strconv.ParseUint(s, 36, 64)
	return id, err == nil && connectionID(id) == s
}
