package nats

import (
	"context"

	"example.org/hub/engine"
)

// Close ends every Tail, lets appends that are on their way finish, and stops the
// server if it is inside this process; a member of a cluster first hands over what
// it leads. It may be called again, not from within a deliver or answer function.
func (e *Engine) Close() error {
	var err error
	e.close.Do(func() { err = e.shutDown() })
	return err
}

func (e *Engine) shutDown() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.end(engine.ErrClosed)
	e.running.Wait() // each gives up after ackTimeout

	last := e.last()
	if e.server != nil && e.server.cluster && e.server.leaving == nil {
		e.handOver()
	}
	if e.nc != nil {
		e.nc.Close()
	}
	if e.server == nil {
		return nil
	}
	return e.server.stop(last)
}

// last returns the newest position of an embedded store, nil if it is not known.
func (e *Engine) last() *engine.Position {
	if e.server == nil || e.told.Load() == nil {
		return nil
	}
	st, err := e.lookUp(context.Background())
	if err != nil {
		return nil
	}
	return &engine.Position{Epoch: st.epoch, Seq: st.head}
}
