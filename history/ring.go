package history

import (
	"slices"
	"time"

	"example.org/hub/engine"
)

// minRing is the smallest capacity of a ring; a power of two.
const minRing = 256

// ring holds the slots of consecutive entries and finds them by Seq.
type ring struct {
	slots []slot // a power of two; the entry with Seq n is in slot n mod len
	first uint64 // the oldest entry
	next  uint64 // the Seq of the next entry
}

// slot is an entry with its place in the index and what its eviction needs.
type slot struct {
	entry *Entry
	at    time.Duration // the time of its record, since the window's start
	size  int64

	// For each address of the record, in order, the previous entry with the same
	// address; 0 for none. Nearly all records have one address.
	prev uint64
	more []uint64
}

// before returns the entry before this one with an address that it has.
func (s *slot) before(a engine.Address) uint64 {
	if i := slices.Index(s.entry.Record.To, a); i > 0 {
		return s.more[i-1]
	}
	return s.prev
}

func (r *ring) len() int { return int(r.next - r.first) }

// at returns the slot of a Seq from first to next-1.
func (r *ring) at(seq uint64) *slot { return &r.slots[seq&uint64(len(r.slots)-1)] }

// push appends a slot for the Seq next.
func (r *ring) push(s slot) {
	if r.len() == len(r.slots) {
		r.resize(max(minRing, 2*len(r.slots)))
	}
	r.next++
	*r.at(r.next - 1) = s
}

// drop removes the oldest slot and gives memory back when few are left.
func (r *ring) drop() {
	*r.at(r.first) = slot{}
	r.first++
	if len(r.slots) > minRing && r.len() <= len(r.slots)/8 {
		r.resize(len(r.slots) / 2)
	}
}

func (r *ring) resize(capacity int) {
	old := *r
	r.slots = make([]slot, capacity)
	for seq := r.first; seq < r.next; seq++ {
		*r.at(seq) = *old.at(seq)
	}
}
