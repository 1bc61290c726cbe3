package redis

import (
	"context"
	"errors"

	"example.org/hub/engine"
)

// Tail follows the log on a connection of its own, and takes a lost connection
// up again by itself, where it left off. Besides the cases of engine.Engine it
// returns engine.ErrTruncated when after is beyond the head, when deliver is so
// slow that retention overtakes it, and when the log has another epoch than
// Bounds told last: the server has lost records or its data.
func (e *Engine) Tail(ctx context.Context, after uint64, deliver func(batch []engine.Stored) error) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	reading, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(e.ctx, cancel)
	defer stop()

	live := e.subscriber.listen()
	defer e.subscriber.leave(live)
	r := newReader(e, after)
	ended := make(chan struct{})
	var failure error
	go func() {
		defer close(ended)
		failure = r.run(reading)
	}()
	defer func() {
		cancel()
		<-ended
	}()

	for {
		var batch []engine.Stored
		select {
		case batch = <-r.batches:
		case <-live.news:
			batch = live.take()
		case <-ended:
			return e.tailEnd(ctx, failure)
		case <-reading.Done():
			return e.tailEnd(ctx, reading.Err())
		}
		if err := e.ready(ctx); err != nil {
			return err
		}
		if len(batch) == 0 {
			continue
		}
		if err := deliver(batch); err != nil {
			return err
		}
	}
}

// tailEnd says why a tail ended.
func (e *Engine) tailEnd(ctx context.Context, err error) error {
	if errors.Is(err, engine.ErrTruncated) {
		return err
	}
	if stop := e.ready(ctx); stop != nil {
		return stop
	}
	return err
}
