package nats

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

// closed reports whether a channel is, once all goroutines wait.
func closed(ch <-chan struct{}) bool {
	synctest.Wait()
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestGate_HoldsUntilTheLastMemberReleases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		if err := g.enter(t.Context(), t.Context()); err != nil {
			t.Fatal(err)
		}
		quiet := g.hold("a", time.Hour)
		g.hold("b", time.Hour)
		entered := make(chan struct{})
		go func() {
			if err := g.enter(t.Context(), t.Context()); err != nil {
				t.Errorf("enter: %v", err)
			}
			close(entered)
		}()
		if closed(quiet) {
			t.Error("quiet although one is inside")
		}
		g.leave()
		if !closed(quiet) || closed(entered) {
			t.Error("not quiet, or somebody entered")
		}
		g.release("a")
		g.release("unknown")
		if closed(entered) {
			t.Error("entered although b holds")
		}
		g.release("b")
		if !closed(entered) {
			t.Error("not entered although nobody holds")
		}
	})
}

func TestGate_AHoldEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		if !closed(g.hold("a", time.Second)) {
			t.Error("not quiet although nobody is inside")
		}
		g.hold("a", time.Minute) // the newer one counts
		began := time.Now()
		if err := g.enter(t.Context(), t.Context()); err != nil || time.Since(began) != time.Minute {
			t.Errorf("entered after %v, %v", time.Since(began), err)
		}
	})
}

func TestGate_WaitsNoLongerThanTheCallerOrTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		g.hold("a", time.Hour)
		defer g.release("a")
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := g.enter(over, t.Context()); !errors.Is(err, context.Canceled) {
			t.Errorf("the caller gave up: %v", err)
		}
		if err := g.enter(t.Context(), over); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("the engine is closed: %v", err)
		}
	})
}
