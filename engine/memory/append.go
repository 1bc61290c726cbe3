package memory

import (
	"context"
	"time"

	"example.org/hub/engine"
)

// Append stores rec, or hands it to the tails if it is transient. A tail that has
// nothing to do is served by the caller, which is cheaper than waking it. It fails only with engine.ErrClosed, the context's error, or
// engine.ErrUnavailable when Config.MaxKeys are in use.
func (e *Engine) Append(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error) {
	if err := ctx.Err(); err != nil {
		return engine.Appended{}, err
	}
	var few [2]*tail // there is one for each hub in the process
	idle, appended, err := e.put(rec, key, few[:0])
	if len(idle) == 1 {
		e.serve(idle[0])
	} else {
		wake(idle) // one must not wait for another
	}
	return appended, err
}

// put stores rec and returns the tails that had nothing to do, for the caller
// to serve.
func (e *Engine) put(rec *engine.Record, key string, into []*tail) (idle []*tail, appended engine.Appended, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, engine.Appended{}, engine.ErrClosed
	}
	now := time.Since(e.start)
	e.keys.sweep(now)
	if key == "" {
		appended.Position = e.position(e.store(rec, now))
	} else if appended, err = e.appendOnce(rec, e.keys.digest(key), now); err != nil || appended.Duplicate {
		return nil, appended, err
	}
	return e.claimIdle(into), appended, nil
}

// appendOnce stores rec unless its key was used before.
func (e *Engine) appendOnce(rec *engine.Record, key digest, now time.Duration) (engine.Appended, error) {
	if first, ok := e.keys.find(key, now); ok {
		return engine.Appended{Position: e.position(first.seq), Duplicate: true}, nil
	}
	if e.keys.full() {
		return engine.Appended{}, errTooManyKeys
	}
	seq := e.store(rec, now)
	e.keys.put(key, use{seq: seq, at: now})
	return engine.Appended{Position: e.position(seq)}, nil
}

// store puts rec behind everything before it and returns its Seq, 0 if it is
// transient.
func (e *Engine) store(rec *engine.Record, now time.Duration) uint64 {
	var seq uint64
	switch {
	case !rec.Transient:
		seq = e.log.add(rec, now)
	case len(e.tails) > 0:
		e.transients.add(rec, e.log.head())
	}
	return seq
}

func (e *Engine) position(seq uint64) engine.Position {
	if seq == 0 {
		return engine.Position{}
	}
	return engine.Position{Epoch: e.epoch, Seq: seq}
}
