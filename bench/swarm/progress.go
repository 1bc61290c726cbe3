package swarm

import "sync/atomic"

// Progress says when an event has reached every reader, for plans that keep a
// fixed number of events under way: one a slot.
type Progress struct {
	want   int64
	notify func()
	slots  [MaxSlots]slotProgress
}

// slotProgress fills a cache line: the slots are counted by several readers.
type slotProgress struct {
	got atomic.Int64
	_   [56]byte
}

// NewProgress calls notify whenever an event has been delivered want times. It
// is called by the readers and must not wait.
func NewProgress(want int, notify func()) *Progress {
	return &Progress{want: int64(want), notify: notify}
}

// count notes n deliveries of the event that is under way in a slot.
func (p *Progress) count(slot int, n int64) {
	if p.slots[slot].got.Add(n) == p.want {
		p.notify()
	}
}

// Count notes n deliveries in a slot by readers of another process.
func (p *Progress) Count(slot, n int) { p.count(slot, int64(n)) }

// Take reports whether the event of a slot has reached all, and if so makes the
// slot ready for the next one.
func (p *Progress) Take(slot int) bool {
	if p.slots[slot].got.Load() < p.want {
		return false
	}
	p.slots[slot].got.Store(0)
	return true
}
