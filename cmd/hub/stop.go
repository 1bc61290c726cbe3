package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stopTimes say how long stopping takes; a reload changes them.
type stopTimes struct{ delay, window, limit time.Duration }

// stop hands the clients over to other hubs and ends this one. Until ctx ends,
// no event is lost: streams are told when to come back, with the position that
// they had, and every POST that was accepted gets its answer.
func (n *node) stop(ctx context.Context) error {
	began := time.Now()
	drained := n.drainer.finish(ctx)
	n.stopping.Store(true) // from here on listeners may end
	err := errors.Join(drained, n.release(ctx))
	n.log.Info("stopped", "took", time.Since(began).String(), "clean", err == nil)
	return err
}

// release ends the parts that were started, the last one first. The server
// waits for POSTs, which wait for the log and the actors: those end after it.
func (n *node) release(ctx context.Context) error {
	var errs []error
	if n.health != nil {
		n.health.Ending()
	}
	if n.unwatch != nil {
		n.unwatch()
	}
	if n.server != nil {
		errs = append(errs, wrap("shut down HTTP", n.server.Shutdown(ctx)))
	}
	if n.public != nil {
		_ = n.public.Close() // also where the server never got it
	}
	if n.internal != nil {
		_ = n.internal.Close()
	}
	n.leave(ctx)
	if n.events != nil {
		n.delivery.connect(nil)
		n.events.Close()
	}
	if n.actors != nil {
		errs = append(errs, wrap("stop actors", n.actors.Close(ctx)))
	}
	if n.engine != nil {
		errs = append(errs, wrap("close engine", n.engine.Close()))
	}
	if n.identity != nil {
		n.identity.verifier.Close()
	}
	errs = append(errs, n.closeHealth(ctx))
	return errors.Join(errs...)
}

func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
