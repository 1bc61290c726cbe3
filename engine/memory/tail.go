package memory

import (
	"context"
	"slices"
	"time"

	"example.org/hub/engine"
)

// maxBatch is how many records a tail takes at once. It bounds how long a tail
// that catches up holds the lock.
const maxBatch = 512

// tail is one reader's place in the log.
type tail struct {
	next          uint64        // the Seq to read next
	nextTransient uint64        // the number of the transient record to read next
	waiting       bool          // has read everything, and nobody serves it
	leaving       bool          // its reader has gone; who serves it says when it stops
	wake          chan struct{} // takes a token when its own goroutine has to go on
	batch         []engine.Stored
	deliver       func(batch []engine.Stored) error
	err           error // of deliver
}

// Tail follows the log. Besides the errors of engine.Engine it returns
// engine.ErrTruncated when deliver is so slow that retention overtakes it, and
// when after is beyond the head: such a position belongs to no record of this log.
func (e *Engine) Tail(ctx context.Context, after uint64, deliver func(batch []engine.Stored) error) error {
	t, err := e.join(after, deliver)
	if err != nil {
		return err
	}
	defer e.leave(t)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		next, err := e.step(t)
		switch {
		case err != nil:
			return err
		case next == goOn:
			continue
		}
		select {
		case <-t.wake:
		case <-ctx.Done():
			e.release(t)
			return ctx.Err()
		}
	}
}

// step delivers the next batch. Only who has the claim on the tail may call it;
// with rest, the claim is given up.
func (e *Engine) step(t *tail) (verdict, error) {
	if t.err != nil {
		return goOn, t.err
	}
	clear(t.batch) // a waiting tail keeps no record alive
	next, err := e.read(t)
	if err != nil || next != goOn {
		return next, err
	}
	t.err = t.deliver(t.batch)
	return goOn, t.err
}

// join adds a tail that reads on after a position. It sees only the transient
// records that arrive from now on.
func (e *Engine) join(after uint64, deliver func([]engine.Stored) error) (*tail, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, engine.ErrClosed
	}
	e.log.evict(time.Since(e.start))
	if after > e.log.head() {
		return nil, engine.ErrTruncated
	}
	t := &tail{next: after + 1, nextTransient: e.transients.next, wake: make(chan struct{}, 1), deliver: deliver}
	e.tails = append(e.tails, t)
	return t, nil
}

// leave removes a tail and what was kept for it alone.
func (e *Engine) leave(t *tail) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.Index(e.tails, t)
	e.tails = slices.Delete(e.tails, i, i+1)
	e.trimTransients()
}

// read fills the tail's batch with what comes next, or gives up the claim if
// there is nothing.
func (e *Engine) read(t *tail) (verdict, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return goOn, engine.ErrClosed
	}
	if t.next < e.log.first {
		return goOn, engine.ErrTruncated
	}
	if t.nextTransient < e.transients.first {
		e.dropped += e.transients.first - t.nextTransient
		t.nextTransient = e.transients.first
	}
	t.batch = t.batch[:0]
	for more := true; more && len(t.batch) < maxBatch; {
		more = e.readOne(t)
	}
	e.trimTransients()
	switch {
	case len(t.batch) > 0:
		return goOn, nil
	case t.leaving:
		return stop, nil
	}
	t.waiting = true
	return rest, nil
}

// readOne adds the next record to the tail's batch: a transient one when all
// retained ones before it have been read.
func (e *Engine) readOne(t *tail) bool {
	if t.nextTransient < e.transients.next {
		if next := e.transients.at(t.nextTransient); next.after < t.next {
			t.batch = append(t.batch, engine.Stored{Record: next.rec})
			t.nextTransient++
			return true
		}
	}
	if t.next < e.log.next {
		t.batch = append(t.batch, engine.Stored{Seq: t.next, Record: e.log.at(t.next).rec})
		t.next++
		return true
	}
	return false
}

// trimTransients drops the transient records that every tail has read.
func (e *Engine) trimTransients() {
	read := e.transients.next
	for _, t := range e.tails {
		read = min(read, t.nextTransient)
	}
	e.transients.trim(read)
}

// wakeTails tells the tails that wait to go on themselves.
func (e *Engine) wakeTails() { wake(e.claimIdle(nil)) }
