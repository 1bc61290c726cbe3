package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"example.org/hub/transport"
)

// drainer hands the clients of a running hub over to others, by an operator's
// order or because the hub is to stop. One drain runs at a time.
type drainer struct {
	tree     drained
	announce func(context.Context, bool) // tells the other hubs
	times    func() (delay, window time.Duration)
	log      *slog.Logger

	state atomic.Value // transport.DrainState

	mu    sync.Mutex
	run   *drainRun // nil while the hub serves
	final bool      // the hub stops: there is no way back
}

// drained is the tree as a drainer sees it.
type drained interface {
	Drain(ctx context.Context, window time.Duration) error
	Resume()
}

// drainRun is one drain.
type drainRun struct {
	stop context.CancelFunc
	done chan struct{}
	err  error // to be read after done
}

func newDrainer(n *node) *drainer {
	d := &drainer{tree: n.actors, announce: n.announceDrain, log: n.log, times: func() (time.Duration, time.Duration) {
		t := n.times.Load()
		return t.delay, t.window
	}}
	d.state.Store(transport.DrainNone)
	return d
}

// State implements transport.Drain.
func (d *drainer) State() transport.DrainState { return d.state.Load().(transport.DrainState) }

// Begin implements transport.Drain.
func (d *drainer) Begin() { d.begin(false) }

func (d *drainer) begin(final bool) *drainRun {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.final = d.final || final
	if d.run == nil {
		ctx, stop := context.WithCancel(context.Background())
		d.run = &drainRun{stop: stop, done: make(chan struct{})}
		d.state.Store(transport.DrainAnnounced) // load balancers need a while to notice
		go d.drain(ctx, d.run)
	}
	return d.run
}

func (d *drainer) drain(ctx context.Context, r *drainRun) {
	defer close(r.done)
	delay, window := d.times()
	d.log.Info("draining", "delay", delay.String(), "window", window.String())
	began := time.Now()
	d.announce(ctx, true)
	pause(ctx, delay-time.Since(began))
	if r.err = ctx.Err(); r.err != nil {
		return
	}
	d.state.Store(transport.DrainRunning)
	d.log.Info("ending streams")
	if r.err = d.tree.Drain(ctx, window); r.err != nil {
		return
	}
	d.state.Store(transport.DrainDone)
	d.log.Info("drained", "took", time.Since(began).String())
}

// Cancel implements transport.Drain.
func (d *drainer) Cancel() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.final {
		return false
	}
	if d.run == nil {
		return true
	}
	d.run.stop()
	<-d.run.done
	d.run = nil
	d.tree.Resume()
	d.state.Store(transport.DrainNone)
	d.log.Info("serving again")
	d.announce(context.Background(), false)
	return true
}

// finish drains for good. It returns when the last stream is gone, or with the
// context's error; a drain that was ordered before is not begun anew.
func (d *drainer) finish(ctx context.Context) error {
	r := d.begin(true)
	select {
	case <-r.done:
	case <-ctx.Done():
		r.stop()
		<-r.done
	}
	if r.err != nil {
		return fmt.Errorf("drain: %w", r.err)
	}
	return nil
}
