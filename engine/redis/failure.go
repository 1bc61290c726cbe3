package redis

import (
	"context"
	"fmt"

	"example.org/hub/engine"
)

// ready reports why no command can be sent for a caller.
func (e *Engine) ready(ctx context.Context) error {
	if e.ctx.Err() != nil {
		return engine.ErrClosed
	}
	return ctx.Err()
}

// failure turns what went wrong during a command into what the caller is told:
// that the engine was closed, that it did not want to wait any more, or else
// that the server is not available. The cause is kept as text only, because the
// end of our own patience must not pass for the end of the caller's context.
func (e *Engine) failure(ctx context.Context, what string, err error) error {
	if stop := e.ready(ctx); stop != nil {
		return stop
	}
	return fmt.Errorf("%s: %w: %s", what, engine.ErrUnavailable, err.Error())
}

// withPatience runs a command that may take a limited time, when its turn has come.
func (e *Engine) withPatience(ctx context.Context, what string, command func(ctx context.Context) error) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case e.turns <- struct{}{}:
		defer func() { <-e.turns }()
	case <-waiting.Done():
		return e.failure(ctx, what, waiting.Err())
	}
	if err := command(waiting); err != nil {
		return e.failure(ctx, what, err)
	}
	return nil
}
