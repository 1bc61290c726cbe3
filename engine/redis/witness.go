package redis

import (
	"hash/maphash"
	"sync"

	"example.org/hub/engine"
)

// witness remembers the newest record that this hub knows to be in the log. It
// is what a log that came back from a failure is compared with.
type witness struct {
	seed maphash.Seed // never changes

	mu    sync.Mutex
	epoch string // as last told by Bounds
	seq   uint64
	sum   uint64 // of the record's bytes
}

// testimony is what a witness knows at one moment.
type testimony struct {
	epoch    string
	seq, sum uint64
}

// tell sets the epoch that the hub has been told. What was known of another one
// is forgotten.
func (w *witness) tell(epoch string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.epoch != epoch {
		w.epoch, w.seq, w.sum = epoch, 0, 0
	}
}

// observe notes a record that is in the log.
func (w *witness) observe(at engine.Position, record []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at.Epoch == w.epoch && at.Seq > w.seq {
		w.seq, w.sum = at.Seq, maphash.Bytes(w.seed, record)
	}
}

func (w *witness) now() testimony {
	w.mu.Lock()
	defer w.mu.Unlock()
	return testimony{epoch: w.epoch, seq: w.seq, sum: w.sum}
}

// recognises reports whether a record is the one that was noted.
func (w *witness) recognises(t testimony, record []byte) bool {
	return maphash.Bytes(w.seed, record) == t.sum
}
