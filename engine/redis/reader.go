package redis

import (
	"context"
	"errors"
	"fmt"

	"example.org/hub/engine"
)

// errStale means that the connection leads to a server that is not the one to
// which the hubs append, most likely a master of before a failover.
var errStale = errors.New("the server has fallen behind the others")

// reader reads the log for one tail. It reads one batch ahead of what the tail
// takes and no more, so that a slow tail slows the reading down.
type reader struct {
	e       *Engine
	epoch   string // all records are of this one
	last    uint64 // the newest record that was read
	size    batchSize
	batches chan []engine.Stored
}

func newReader(e *Engine, after uint64) *reader {
	return &reader{e: e, epoch: e.witness.now().epoch, last: after, size: firstBatch, batches: make(chan []engine.Stored)}
}

// run reads until ctx ends or the place in the log is lost, and connects again
// after every other error.
func (r *reader) run(ctx context.Context) error {
	r.e.brokenLinks.Add(1)
	defer r.e.brokenLinks.Add(-1)
	for attempt := 0; ; attempt++ {
		connected, err := r.connect(ctx)
		if ctx.Err() != nil || errors.Is(err, engine.ErrTruncated) {
			return err
		}
		if connected {
			attempt = 0
		}
		wait := pause(attempt)
		r.e.relinks.Add(1)
		r.e.log.Warn("redis tail interrupted", "err", err, "retry_ms", wait.Milliseconds())
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

// connect reads on over a new connection until it fails.
func (r *reader) connect(ctx context.Context) (connected bool, err error) {
	l := openLink(ctx, r.e)
	defer l.close()
	if err := r.find(ctx, l); err != nil {
		return false, err
	}
	r.e.brokenLinks.Add(-1)
	defer r.e.brokenLinks.Add(1)
	return true, r.read(ctx, l)
}

// find makes sure that the log, as this connection shows it, goes on from where
// the reader is.
func (r *reader) find(ctx context.Context, l *link) error {
	b, err := l.state(ctx)
	if err != nil {
		return err
	}
	if err := r.check(b); err != nil {
		return err
	}
	known := r.e.witness.now()
	if known.epoch != r.epoch || known.seq < b.First {
		return nil // nothing to compare, or no longer there
	}
	same, err := l.verify(ctx, known)
	if err != nil || same {
		return err
	}
	if b, err = l.discard(ctx, known); err != nil {
		return err
	}
	return r.check(b)
}

// check compares the log's bounds with the reader's place.
func (r *reader) check(b engine.Bounds) error {
	switch {
	case b.Epoch != r.epoch:
		return fmt.Errorf("epoch %s instead of %s: %w", b.Epoch, r.epoch, engine.ErrTruncated)
	case r.last > b.Head:
		return fmt.Errorf("place %d beyond the head %d: %w", r.last, b.Head, engine.ErrTruncated)
	case r.last+1 < b.First:
		return fmt.Errorf("place %d before the first record %d: %w", r.last, b.First, engine.ErrTruncated)
	}
	return nil
}

// read hands on what the connection brings.
func (r *reader) read(ctx context.Context, l *link) error {
	behind := 0
	for {
		entries, err := l.read(ctx, r.last, int(r.size))
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			if behind, err = r.idle(ctx, behind); err != nil {
				return err
			}
			continue
		}
		behind = 0
		batch, bytes, err := r.decode(entries)
		if len(batch) > 0 {
			select {
			case r.batches <- batch:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
		r.size = r.size.next(len(entries), bytes)
	}
}

// idle looks whether silence means that there is nothing to read. It asks over
// the connections of the appends, and so finds out about an old master that
// still answers.
func (r *reader) idle(ctx context.Context, behind int) (int, error) {
	b, err := r.e.boundsNow(ctx)
	if err != nil {
		return behind, err
	}
	if err := r.check(b); err != nil {
		return behind, err
	}
	if b.Head == r.last {
		return 0, nil
	}
	if behind++; behind > 1 { // the first time, it may have been appended just now
		return behind, errStale
	}
	return behind, nil
}
