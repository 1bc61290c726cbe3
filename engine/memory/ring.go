package memory

// minRing is the smallest capacity of a ring; a power of two.
const minRing = 64

// ring is a queue whose items are numbered without a break and can be read by
// their number. The zero ring is empty and its first item will be number 0.
type ring[T any] struct {
	slots []T    // a power of two; item n is in slot n mod len
	first uint64 // the oldest item
	next  uint64 // the number of the next item
}

func (r *ring[T]) len() int { return int(r.next - r.first) }

// at returns item n, which must be one of first to next-1.
func (r *ring[T]) at(n uint64) *T { return &r.slots[n&uint64(len(r.slots)-1)] }

// push appends an item.
func (r *ring[T]) push(item T) {
	if r.len() == len(r.slots) {
		r.resize(max(minRing, 2*len(r.slots)))
	}
	r.next++
	*r.at(r.next - 1) = item
}

// drop removes the oldest item. The ring gives memory back when it is mostly
// empty, so that a burst is not paid for ever.
func (r *ring[T]) drop() {
	var zero T
	*r.at(r.first) = zero
	r.first++
	if len(r.slots) > minRing && r.len() <= len(r.slots)/8 {
		r.resize(len(r.slots) / 2)
	}
}

func (r *ring[T]) resize(capacity int) {
	grown := ring[T]{slots: make([]T, capacity), first: r.first, next: r.next}
	for n := r.first; n < r.next; n++ {
		*grown.at(n) = *r.at(n)
	}
	*r = grown
}
