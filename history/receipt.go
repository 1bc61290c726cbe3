package history

import (
	"context"
	"sync/atomic"
)

// Receipt counts who took an entry on this hub while its publisher waits. The
// work of routing is split into parts that are done by different actors; the
// last one to finish wakes the publisher. A nil Receipt counts nothing.
type Receipt struct {
	parts       atomic.Int32
	connections atomic.Int32
	users       atomic.Int32
	ended       atomic.Bool
	done        chan struct{}
}

// NewReceipt returns a receipt with one part open: the router's own.
func NewReceipt() *Receipt {
	r := &Receipt{done: make(chan struct{})}
	r.parts.Store(1)
	return r
}

// Split opens one more part. Only the holder of an open part may call it.
func (r *Receipt) Split() {
	if r != nil {
		r.parts.Add(1)
	}
}

// Done closes a part that reached so many connections of so many users.
func (r *Receipt) Done(connections, users int) {
	if r == nil {
		return
	}
	r.connections.Add(int32(connections))
	r.users.Add(int32(users))
	if r.parts.Add(-1) == 0 {
		r.end()
	}
}

// end wakes the publisher, whether or not every part is done.
func (r *Receipt) end() {
	if r.ended.CompareAndSwap(false, true) {
		close(r.done)
	}
}

// Wait blocks until every part is done and returns the sums, or the context's error.
func (r *Receipt) Wait(ctx context.Context) (connections, users int, err error) {
	select {
	case <-r.done:
		connections, users = r.sums()
		return connections, users, nil
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
}

// sums returns whom the entry has reached, and nothing while that is not known.
func (r *Receipt) sums() (connections, users int) {
	if r.parts.Load() > 0 {
		return 0, 0
	}
	return int(r.connections.Load()), int(r.users.Load())
}
