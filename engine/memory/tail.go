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
	waiting       bool          // has read everything
	wake          chan struct{} // takes a token when waiting ends
	batch         []engine.Stored
}

// Tail follows the log. Besides the errors of engine.Engine it returns
// engine.ErrTruncated when deliver is so slow that retention overtakes it, and
// when after is beyond the head: such a position belongs to no record of this log.
func (e *Engine) Tail(ctx context.Context, after uint64, deliver func(batch []engine.Stored) error) error {
	t, err := e.join(after)
	if err != nil {
		return err
	}
	defer e.leave(t)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.read(t); err != nil {
			return err
		}
		if len(t.batch) == 0 {
			select {
			case <-t.wake:
			case <-ctx.Done():
			}
			continue
		}
		if err := deliver(t.batch); err != nil {
			return err
		}
		clear(t.batch) // a waiting tail keeps no record alive
	}
}

// join adds a tail that reads on after a position. It sees only the transient
// records that arrive from now on.
func (e *Engine) join(after uint64) (*tail, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, engine.ErrClosed
	}
	e.log.evict(time.Since(e.start))
	if after > e.log.head() {
		return nil, engine.ErrTruncated
	}
	t := &tail{next: after + 1, nextTransient: e.transients.next, wake: make(chan struct{}, 1)}
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

// read fills the tail's batch with what comes next. An empty batch means that
// the tail has everything and is told by its wake channel when there is more.
func (e *Engine) read(t *tail) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return engine.ErrClosed
	}
	if t.next < e.log.first {
		return engine.ErrTruncated
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
	t.waiting = len(t.batch) == 0
	return nil
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

// wakeTails tells the tails that wait that there is something to read.
func (e *Engine) wakeTails() {
	for _, t := range e.tails {
		if t.waiting {
			t.waiting = false
			t.wake <- struct{}{} // has room: one token for each time it waits
		}
	}
}
