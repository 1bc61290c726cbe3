package history

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"example.org/hub/engine"
)

// Log is the shared log as one hub uses it: it appends for the hub's publishers
// and follows the engine for the hub's connections. All methods may be called
// from any goroutine, Close not from within deliver.
type Log struct {
	eng     engine.Engine
	window  *Window
	origin  uint64
	log     *slog.Logger
	deliver func([]*Entry)
	onReset func(Gap)
	control func(*engine.Record)

	nonce   atomic.Uint64
	pending pending
	counted counted

	running  context.Context // ends with Close
	stop     context.CancelFunc
	recaller recaller
	asking   singleflight.Group // for the bounds, see boundsNow

	loaded chan struct{} // closed when the window has what the engine had at Open
	done   chan struct{} // closed when the tail goroutine has ended
	place  place

	up         atomic.Bool
	downSince  atomic.Pointer[time.Time] // nil while the tail is up
	upSince    atomic.Pointer[time.Time] // of the last time that the engine came back
	serverLost atomic.Pointer[time.Time] // nil unless the engine said that its server is gone
	warm       atomic.Bool
	tailErrors atomic.Uint64
	resets     atomic.Uint64
}

// Open follows an engine, which stays the caller's to close, and returns when the
// window holds what the engine retains, as far as it fits. It fails if the engine
// does, or when ctx ends before.
//
// From then on deliver gets every further entry, in order, by one goroutine; each
// slice is its own. origin tells the hubs of a cluster apart.
func Open(ctx context.Context, eng engine.Engine, cfg Config, origin uint64, log *slog.Logger, deliver func([]*Entry)) (*Log, error) {
	bounds, err := eng.Bounds(ctx)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	cfg = cfg.orDefault()
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &Log{
		eng:     eng,
		window:  NewWindow(cfg),
		origin:  origin,
		log:     log,
		deliver: deliver,
		onReset: cfg.OnReset,
		control: cfg.OnControl,
		pending: pending{receipts: make(map[uint64]waiting)},
		running: running,
		stop:    stop,
		loaded:  make(chan struct{}),
		done:    make(chan struct{}),
	}
	l.setUp(false)
	l.begin(bounds)
	go l.follow(running)
	select {
	case <-l.loaded:
		return l, nil
	case <-l.done:
		l.Close()
		return nil, fmt.Errorf("open log: %w", engine.ErrClosed)
	case <-ctx.Done():
		l.Close()
		return nil, fmt.Errorf("open log: %w", ctx.Err())
	}
}

// Append stamps rec with its time and origin and stores it behind everything
// before it. rec is the log's from then on, also after an error. With a key, a
// second Append within engine.IdempotencyTTL stores nothing.
//
// Errors: engine.ErrUnavailable, engine.ErrClosed, or the context's error.
func (l *Log) Append(ctx context.Context, rec *engine.Record, key string) (*Pending, error) {
	select {
	case <-l.done:
		return nil, fmt.Errorf("append to log: %w", engine.ErrClosed)
	default:
	}
	p := &Pending{log: l, nonce: l.nonce.Add(1), receipt: NewReceipt()}
	rec.Origin, rec.Nonce, rec.Time = l.origin, p.nonce, time.Now()
	// The record can return before the engine has answered.
	l.pending.add(p.nonce, p.receipt, rec.Time)
	appended, err := l.eng.Append(ctx, rec, key)
	if err != nil {
		l.pending.forget(p.nonce)
		return nil, fmt.Errorf("append to log: %w", err)
	}
	if appended.Duplicate {
		l.pending.forget(p.nonce)
	}
	p.position, p.duplicate = appended.Position, appended.Duplicate
	return p, nil
}

// Window returns the window that the log keeps filled.
func (l *Log) Window() *Window { return l.window }

// Up reports whether the engine is being followed at the moment.
func (l *Log) Up() bool { return l.Down() == 0 }

// Down returns for how long the engine has not been followed, 0 if it is now. A
// tail can outlive the loss of its server; then the time counts from the first
// call that finds the server gone.
func (l *Log) Down() time.Duration {
	since := l.downSince.Load()
	if since == nil {
		since = l.lostSince()
	}
	if since == nil {
		return 0
	}
	return max(time.Since(*since), 1)
}

// UpFor returns for how long the engine has been followed without a break, 0 if it
// is not.
func (l *Log) UpFor() time.Duration {
	since := l.upSince.Load()
	if !l.Up() || since == nil {
		return 0
	}
	return time.Since(*l.upSince.Load()) // Up may have found it anew
}

// cameBack keeps the time since when the engine is up.
func (l *Log) cameBack() {
	now := time.Now()
	l.upSince.Store(&now)
}

// lostSince asks engines that know their server.
func (l *Log) lostSince() *time.Time {
	if eng, ok := l.eng.(interface{ Up() bool }); !ok || eng.Up() {
		if l.serverLost.Swap(nil) != nil {
			l.cameBack()
		}
		return nil
	}
	now := time.Now()
	l.serverLost.CompareAndSwap(nil, &now)
	return l.serverLost.Load()
}

// setUp keeps the time since when the engine is down. Only one goroutine calls it
// at a time.
func (l *Log) setUp(up bool) {
	l.up.Store(up)
	switch {
	case up && l.downSince.Load() != nil:
		l.cameBack()
		l.downSince.Store(nil)
	case up:
	case l.downSince.Load() == nil:
		now := time.Now()
		l.downSince.Store(&now)
	}
}

// Warm reports whether the window holds what the engine retains, as far as it
// fits. It does since Open, but not while another log is loaded after a reset.
func (l *Log) Warm() bool { return l.warm.Load() }

// TailErrors returns how often following the engine failed.
func (l *Log) TailErrors() uint64 { return l.tailErrors.Load() }

// Resets returns how often the place in the log was lost, each time a gap for
// every open stream.
func (l *Log) Resets() uint64 { return l.resets.Load() }

// Waiting returns how many records of this hub have not come back yet.
func (l *Log) Waiting() int { return l.pending.len() }

// Close stops following and returns when deliver will not be called any more.
// Publishers that still wait get their outcome. It may be called again.
func (l *Log) Close() {
	l.stop()
	<-l.done
	l.recaller.close()
}
