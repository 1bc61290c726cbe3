package memory

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"example.org/hub/engine"
)

// members are the hubs of this process that share the log. They have a lock of
// their own: who asks around must not hold up publishers.
type members struct {
	mu        sync.Mutex
	ended     chan struct{} // closed by close
	leases    map[string]lease
	answerers map[*answerer]struct{}
}

type lease struct {
	engine.Lease
	until time.Time
}

func newMembers() members {
	return members{
		ended:     make(chan struct{}),
		leases:    make(map[string]lease),
		answerers: make(map[*answerer]struct{}),
	}
}

func (m *members) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed() {
		close(m.ended)
	}
}

func (m *members) closed() bool {
	select {
	case <-m.ended:
		return true
	default:
		return false
	}
}

// enter takes the lock, unless the engine is closed or ctx has ended.
func (m *members) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	if m.closed() {
		m.mu.Unlock()
		return engine.ErrClosed
	}
	return nil
}

// Announce stores or renews a lease. It fails only with engine.ErrClosed or the
// context's error, as the other methods of engine.Cluster do here.
func (e *Engine) Announce(ctx context.Context, l engine.Lease) error {
	if err := e.hubs.enter(ctx); err != nil {
		return err
	}
	defer e.hubs.mu.Unlock()
	e.hubs.leases[l.Hub] = lease{Lease: l, until: time.Now().Add(engine.LeaseTTL)}
	return nil
}

// Withdraw removes a lease, unless a later start of the hub holds it by now.
func (e *Engine) Withdraw(ctx context.Context, l engine.Lease) error {
	if err := e.hubs.enter(ctx); err != nil {
		return err
	}
	defer e.hubs.mu.Unlock()
	if held, ok := e.hubs.leases[l.Hub]; ok && held.Boot == l.Boot {
		delete(e.hubs.leases, l.Hub)
	}
	return nil
}

// Leases returns the leases that have not expired.
func (e *Engine) Leases(ctx context.Context) ([]engine.Lease, error) {
	if err := e.hubs.enter(ctx); err != nil {
		return nil, err
	}
	defer e.hubs.mu.Unlock()
	now := time.Now()
	var alive []engine.Lease
	for _, name := range slices.Sorted(maps.Keys(e.hubs.leases)) {
		if l := e.hubs.leases[name]; now.Before(l.until) {
			alive = append(alive, l.Lease)
		} else {
			delete(e.hubs.leases, name)
		}
	}
	return alive, nil
}
