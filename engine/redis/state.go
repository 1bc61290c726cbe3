package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"example.org/hub/engine"
)

// errShards is wrapped by the error for a log that is spread otherwise than this
// program reads it.
var errShards = errors.New("the log is spread over another number of streams")

// Bounds returns the epoch and what the log retains. A log that is gone, or has
// lost records that this hub knows of, is made anew, with a new epoch.
//
// Errors: engine.ErrUnavailable, engine.ErrClosed, or the context's error.
func (e *Engine) Bounds(ctx context.Context) (engine.Bounds, error) {
	var b engine.Bounds
	err := e.withPatience(ctx, "read bounds", func(ctx context.Context) (err error) {
		b, err = e.state(ctx, e.client, e.witness.now(), false)
		return err
	})
	if err != nil {
		return engine.Bounds{}, err
	}
	e.witness.tell(b.Epoch)
	return b, nil
}

// state asks a server for the log's bounds. The server makes a new log if this one
// ends before what is known of it, or if lost says that it has other records than
// it had.
func (e *Engine) state(ctx context.Context, c commander, known testimony, lost bool) (engine.Bounds, error) {
	verdict := ""
	if lost {
		verdict = "lost"
	}
	answer, err := stateScript.run(ctx, c, []string{e.names.log, e.names.meta, e.names.marks},
		newEpoch(), known.epoch, strconv.FormatUint(known.seq, 10), strconv.Itoa(engine.Shards), verdict).AsStrSlice()
	if err != nil {
		return engine.Bounds{}, err
	}
	if len(answer) != 4 {
		return engine.Bounds{}, fmt.Errorf("%d values for the log's state", len(answer))
	}
	if answer[3] != strconv.Itoa(engine.Shards) {
		return engine.Bounds{}, fmt.Errorf("%w: %s, want %d", errShards, answer[3], engine.Shards)
	}
	b := engine.Bounds{Epoch: answer[0]}
	if b.First, err = strconv.ParseUint(answer[1], 10, 64); err != nil {
		return engine.Bounds{}, fmt.Errorf("the log's first record: %w", err)
	}
	if b.Head, err = strconv.ParseUint(answer[2], 10, 64); err != nil {
		return engine.Bounds{}, fmt.Errorf("the log's head: %w", err)
	}
	return b, nil
}
