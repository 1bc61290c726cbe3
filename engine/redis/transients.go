package redis

import (
	"sync"

	"example.org/hub/engine"
)

// The limits of what waits for a tail that reads slower than transient records
// arrive.
const (
	maxTransients     = 8192
	maxTransientBytes = 16 << 20
)

// transients holds the transient records that a tail has not read yet, and drops
// the oldest for which there is no room.
type transients struct {
	news chan struct{} // takes a token when there is something to read

	mu      sync.Mutex
	waiting []engine.Stored
	bytes   int
	dropped uint64
}

func newTransients() *transients {
	return &transients{news: make(chan struct{}, 1)}
}

// add never waits.
func (q *transients) add(rec *engine.Record) {
	q.mu.Lock()
	q.waiting = append(q.waiting, engine.Stored{Record: rec})
	q.bytes += rec.Size()
	drop := 0
	for len(q.waiting)-drop > 1 && (len(q.waiting)-drop > maxTransients || q.bytes > maxTransientBytes) {
		q.bytes -= q.waiting[drop].Record.Size()
		q.waiting[drop] = engine.Stored{}
		drop++
	}
	q.waiting = q.waiting[drop:]
	q.dropped += uint64(drop)
	q.mu.Unlock()
	select {
	case q.news <- struct{}{}:
	default:
	}
}

// take returns all that waits.
func (q *transients) take() []engine.Stored {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := q.waiting
	q.waiting, q.bytes = nil, 0
	return batch
}

// missed returns how many records were dropped.
func (q *transients) missed() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}
