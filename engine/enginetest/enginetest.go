// Package enginetest is the one suite that every engine passes. It tests what
// the engine package promises and nothing that is special to one of them, and
// it waits for conditions, not for times, so that it also suits an engine behind
// a network.
package enginetest

import (
	"testing"

	"example.org/hub/engine"
)

// Options names what an engine offers beyond the interface.
type Options struct {
	// OpenSmall opens a fresh and empty log that retains about 100 records or
	// fewer. The tests of retention are skipped without it.
	OpenSmall func(t *testing.T) engine.Engine
}

// Run tests the engine that open returns: a fresh and empty log at each call,
// released by the test's clean-up, that no hub has announced itself to. Engines
// may be closed twice, and are engine.Clusters too.
func Run(t *testing.T, open func(t *testing.T) engine.Engine, opts Options) {
	t.Helper()
	t.Run("Append", func(t *testing.T) { runAppend(t, open) })
	t.Run("Idempotency", func(t *testing.T) { runIdempotency(t, open) })
	t.Run("Tail", func(t *testing.T) { runTail(t, open) })
	t.Run("Transient", func(t *testing.T) { runTransient(t, open) })
	t.Run("Concurrency", func(t *testing.T) { runConcurrency(t, open) })
	t.Run("Leases", func(t *testing.T) { runLeases(t, open) })
	t.Run("Ask", func(t *testing.T) { runAsk(t, open) })
	t.Run("Close", func(t *testing.T) { runClose(t, open) })
	t.Run("Retention", func(t *testing.T) {
		if opts.OpenSmall == nil {
			t.Skip("the engine offers no small retention")
		}
		runRetention(t, opts.OpenSmall)
	})
}
