package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"example.org/hub/engine"
)

// ErrNoLease is returned by Member.Alive when the hub's lease has run out, as far
// as it knows itself.
var ErrNoLease = errors.New("the hub's lease is not renewed")

// Member is one hub's place among the others. Its methods may be called from any
// goroutine. Make it with New, begin with Join and end with Leave.
type Member struct {
	cfg   Config
	since time.Time

	draining  atomic.Bool
	announced atomic.Pointer[time.Time] // when the lease was last stored, nil for never
	failures  atomic.Uint64

	renewing sync.Mutex // one renewal at a time, so that an older state never overtakes a newer one
	others   others

	stopAnswering func()
	life          context.Context
	stop          context.CancelFunc
	done          chan struct{}
}

// New returns a member that has not joined yet.
func New(cfg Config) *Member {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Member{cfg: cfg, since: time.Now(), others: newOthers(cfg.Hub)}
}

// Join stores the lease and renews it every engine.LeaseEvery from then on, and
// has answer reply to questions of others: with JSON, or nil for silence. answer
// must not wait for anything long: it gets one question after the other.
//
// It fails if the engine does; then nothing is left, and it may be called again.
func (m *Member) Join(ctx context.Context, answer func(Question) []byte) error {
	m.life, m.stop = context.WithCancel(context.WithoutCancel(ctx))
	stop, err := m.cfg.Cluster.Answer(m.life, m.cfg.Hub, func(text []byte) []byte { return m.reply(text, answer) })
	if err != nil {
		m.stop()
		return fmt.Errorf("join cluster: %w", err)
	}
	m.stopAnswering = stop
	if err := m.renew(ctx); err != nil {
		stop()
		m.stop()
		return fmt.Errorf("join cluster: %w", err)
	}
	m.greet(ctx)
	m.done = make(chan struct{})
	go m.keepLease()
	return nil
}

// keepLease renews the lease until Leave.
func (m *Member) keepLease() {
	defer close(m.done)
	tick := time.NewTicker(engine.LeaseEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-tick.C:
		case <-m.life.Done():
			return
		}
		err := m.renew(m.life)
		if m.life.Err() != nil {
			return
		}
		if err != nil && !failing {
			m.cfg.Log.Warn("lease not renewed", "err", err)
		}
		if err == nil && failing {
			m.cfg.Log.Info("lease renewed again")
		}
		failing = err != nil
	}
}

// renew stores the lease and reads those of the others.
func (m *Member) renew(ctx context.Context) error {
	m.renewing.Lock()
	defer m.renewing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	begun := time.Now()
	if err := m.cfg.Cluster.Announce(ctx, m.lease()); err != nil {
		m.failures.Add(1)
		return err
	}
	m.announced.Store(&begun)
	_, err := m.refresh(ctx)
	return err
}

// refresh reads the leases.
func (m *Member) refresh(ctx context.Context) ([]engine.Lease, error) {
	leases, err := m.cfg.Cluster.Leases(ctx)
	if err != nil {
		return nil, err
	}
	return m.others.set(leases), nil
}

func (m *Member) lease() engine.Lease {
	l := engine.Lease{Hub: m.cfg.Hub, Boot: m.cfg.Boot, Version: m.cfg.Version, State: Serving, Since: m.since}
	if m.draining.Load() {
		l.State = Draining
	}
	l.Connections, l.Users, l.Head = m.cfg.Figures()
	return l
}

// Drain marks the lease as draining, at once if the engine can be reached.
func (m *Member) Drain(ctx context.Context) error {
	m.draining.Store(true)
	if err := m.renew(ctx); err != nil {
		return fmt.Errorf("mark lease as draining: %w", err)
	}
	m.greet(ctx)
	return nil
}

// Resume takes Drain back.
func (m *Member) Resume(ctx context.Context) error {
	m.draining.Store(false)
	if err := m.renew(ctx); err != nil {
		return fmt.Errorf("mark lease as serving: %w", err)
	}
	m.greet(ctx)
	return nil
}

// Leave withdraws the lease and stops answering. It is to be called once, after
// a Join that succeeded; the engine stays the caller's to close.
func (m *Member) Leave(ctx context.Context) error {
	m.stop()
	<-m.done
	m.stopAnswering()
	if err := m.cfg.Cluster.Withdraw(ctx, m.lease()); err != nil {
		return fmt.Errorf("leave cluster: %w", err)
	}
	return nil
}

// Alive returns ErrNoLease when the others have reason to count this hub out.
func (m *Member) Alive() error {
	if last := m.announced.Load(); last == nil || time.Since(*last) >= engine.LeaseTTL {
		return ErrNoLease
	}
	return nil
}

// Failures returns how often the lease could not be renewed.
func (m *Member) Failures() uint64 { return m.failures.Load() }

// Size returns how many hubs there are, this one included, as of the last look.
func (m *Member) Size() int { return len(m.others.list()) + 1 }

// Lowest reports whether of all hubs this one's name comes first, as of the last
// look, and its lease is alive. It is for work that one hub does for all.
func (m *Member) Lowest() bool {
	others := m.others.list()
	return m.Alive() == nil && (len(others) == 0 || m.cfg.Hub < others[0].Hub)
}
