package nats

import (
	"sync/atomic"

	natsgo "github.com/nats-io/nats.go"
)

// counters are what Stats reads.
type counters struct {
	badRecords, slow, reconnects, relinks atomic.Uint64
	brokenLinks                           atomic.Int64
}

// Stats are figures since Open.
type Stats struct {
	BadRecords        uint64 // that could not be read or were deleted, and were skipped
	DroppedTransients uint64 // that a busy tail had no room for
	Reconnects        uint64 // of the connection
	Relinks           uint64 // interruptions of tails
}

// Stats returns the engine's figures.
func (e *Engine) Stats() Stats {
	return Stats{
		BadRecords:        e.badRecords.Load(),
		DroppedTransients: e.slow.Load(),
		Reconnects:        e.reconnects.Load(),
		Relinks:           e.relinks.Load(),
	}
}

// Up reports whether the engine is connected and every Tail follows the stream.
// A Tail does not end when its link is lost, so this is how to notice.
func (e *Engine) Up() bool {
	return e.life.Err() == nil && e.nc.Status() == natsgo.CONNECTED && e.brokenLinks.Load() == 0
}

// Current reports whether the server inside this process, if there is one, knows all
// that the members of its cluster have decided, the stream's place among it.
func (e *Engine) Current() bool {
	return e.server == nil || e.server.JetStreamIsCurrent()
}
