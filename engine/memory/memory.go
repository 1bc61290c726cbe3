// Package memory implements the engine inside one process: a log that is lost
// with it, so every start has a new epoch. Several hubs may share it there, and
// know of each other as those of a cluster do.
//
// One mutex guards everything. Append holds it for a push and a wake-up and a
// Tail for copying the references of one batch, so no reader can hold up a
// publisher. Nothing runs while nothing is called: what has become too old is
// dropped by the next call.
package memory

import (
	"context"
	"sync"
	"time"

	"example.org/hub/engine"
)

// Engine is a log in memory. Make one with New.
type Engine struct {
	epoch string
	start time.Time // ages are counted from here, by the monotonic clock

	mu         sync.Mutex
	closed     bool
	log        retained
	keys       keys
	transients transients
	tails      []*tail
	dropped    uint64 // transient records that slow tails missed

	hubs members
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Cluster = (*Engine)(nil)
)

// New returns an empty log with an epoch of its own.
func New(cfg Config) *Engine {
	cfg = cfg.orDefault()
	now := time.Now()
	return &Engine{
		epoch: newEpoch(now),
		start: now,
		log:   newRetained(cfg),
		keys:  newKeys(cfg.MaxKeys),
		hubs:  newMembers(),
	}
}

// Bounds returns the epoch and what the log retains. It fails only with
// engine.ErrClosed or the context's error.
func (e *Engine) Bounds(ctx context.Context) (engine.Bounds, error) {
	if err := ctx.Err(); err != nil {
		return engine.Bounds{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return engine.Bounds{}, engine.ErrClosed
	}
	e.log.evict(time.Since(e.start))
	return engine.Bounds{Epoch: e.epoch, First: e.log.first, Head: e.log.head()}, nil
}

// DroppedTransients returns how many transient records were dropped because a
// tail was too slow to take them, counted once for each such tail.
func (e *Engine) DroppedTransients() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.dropped
}

// Close ends every Tail and frees what the log retains. It always returns nil
// and may be called again.
func (e *Engine) Close() error {
	e.hubs.close()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.log, e.keys, e.transients = retained{}, keys{}, transients{}
	e.wakeTails()
	return nil
}
