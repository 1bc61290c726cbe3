package memory

import "example.org/hub/engine"

// The limits of what waits for a tail that reads slower than transient records
// arrive.
const (
	maxTransients     = 8192
	maxTransientBytes = 16 << 20
)

// transients holds the transient records that some tail has not read yet.
type transients struct {
	ring[transient] // numbered by arrival
	bytes           int64
}

// transient is a record in its place between the retained ones.
type transient struct {
	rec   *engine.Record
	after uint64 // the head of the log when it arrived
	size  int64
}

// add appends a record and drops the oldest that no longer fit.
func (q *transients) add(rec *engine.Record, after uint64) {
	size := int64(rec.Size())
	q.bytes += size
	q.push(transient{rec: rec, after: after, size: size})
	for q.len() > 1 && (q.len() > maxTransients || q.bytes > maxTransientBytes) {
		q.dropOldest()
	}
}

// trim drops the records before number n, which every tail has read.
func (q *transients) trim(n uint64) {
	for q.len() > 0 && q.first < n {
		q.dropOldest()
	}
}

func (q *transients) dropOldest() {
	q.bytes -= q.at(q.first).size
	q.drop()
}
