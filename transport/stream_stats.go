package transport

import (
	"sync/atomic"

	"example.org/hub/actors"
)

// streamCounters are changed on the rare paths only: no write touches them
// unless the socket is full.
type streamCounters struct {
	open       atomic.Int64
	waiting    atomic.Int64
	client     atomic.Uint64
	clientData atomic.Uint64
	slow       atomic.Uint64
	discarded  atomic.Uint64
	stale      atomic.Uint64
}

// streamStats are the figures of all streams of a server.
type streamStats struct {
	Open           int64  // taken and not ended
	Waiting        int64  // full sockets whose owner waits for Writable
	HangupClient   uint64 // hang-ups told to owners: the client went away
	HangupData     uint64 // ... it sent more than MaxClientBytes
	HangupSlow     uint64 // ... it took nothing for WriteTimeout (portable streams)
	DiscardedBytes uint64 // sent by clients after their request
	StaleEvents    uint64 // events of the poller for streams that were closed meanwhile
}

func (s *streams) stats() streamStats {
	c := &s.count
	return streamStats{
		Open:           c.open.Load(),
		Waiting:        c.waiting.Load(),
		HangupClient:   c.client.Load(),
		HangupData:     c.clientData.Load(),
		HangupSlow:     c.slow.Load(),
		DiscardedBytes: c.discarded.Load(),
		StaleEvents:    c.stale.Load(),
	}
}

func (c *streamCounters) hangup(reason actors.Reason) {
	switch reason {
	case actors.ReasonClientData:
		c.clientData.Add(1)
	case actors.ReasonSlow:
		c.slow.Add(1)
	default:
		c.client.Add(1)
	}
}
