package history

import (
	"context"
	"slices"

	"example.org/hub/engine"
)

// The limits of Wait. A hub lags by milliseconds; what is farther away is not
// worth waiting for, and may be made up.
const (
	maxAhead   = 1 << 20
	maxWaiters = 16 << 10
)

// waiter waits for the head to reach a Seq, or the epoch to change.
type waiter struct {
	seq     uint64
	reached chan struct{}
}

// Wait waits until the window's head has reached the position of a client that
// comes from a hub whose tail was a moment ahead, and until a log that is being
// loaded is there, or until ctx ends. Without it, Replay would have to call the
// position one of another log, or tell of a gap. It returns at once for a position
// of another epoch or too far away to be worth it, or if too many wait already,
// and says whether it waited.
func (w *Window) Wait(ctx context.Context, pos engine.Position) (waited bool) {
	reached := w.await(pos)
	if reached == nil {
		return false
	}
	select {
	case <-reached:
	case <-ctx.Done():
		w.giveUp(reached)
	}
	return true
}

// lacks reports whether there is something to wait for.
func (w *Window) lacks(pos engine.Position) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.needed(pos) > w.head()
}

// needed is what the head has to be for a replay behind a position.
func (w *Window) needed(pos engine.Position) uint64 {
	switch head := w.head(); {
	case pos.Epoch != w.epoch:
		return 0
	case pos.Seq > head && pos.Seq-head <= maxAhead:
		return max(w.goal, pos.Seq)
	}
	return w.goal
}

// await returns what is closed when all that a position needs is there, nil if it is.
func (w *Window) await(pos engine.Position) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	seq := w.needed(pos)
	if seq <= w.head() || len(w.waiters) >= maxWaiters {
		return nil
	}
	reached := make(chan struct{})
	w.waiters = append(w.waiters, waiter{seq, reached})
	return reached
}

// wake lets those go who wait for what is up to a Seq.
func (w *Window) wake(upTo uint64) {
	w.waiters = slices.DeleteFunc(w.waiters, func(x waiter) bool {
		if x.seq <= upTo {
			close(x.reached)
		}
		return x.seq <= upTo
	})
}

func (w *Window) giveUp(reached chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiters = slices.DeleteFunc(w.waiters, func(x waiter) bool { return x.reached == reached })
}
