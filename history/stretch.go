package history

import (
	"time"

	"example.org/hub/engine"
)

// Stretch is a part of the log as the window has it.
type Stretch struct {
	Entries []*Entry // those that match, oldest first
	Lost    uint64   // nothing up to here is known any more; 0 if all is
	Next    uint64   // where to go on reading; behind the end if all is read
}

// Read returns what the window has of an epoch's entries from one up to another,
// both included, for a connection that was attached while they came and could not
// take them. It reads forward and stops before an entry for which there is no room
// in so many bytes of frames, though one is always taken, after Config.MaxReplay
// entries, or when it has looked at 16 times as many addresses: others wait for the
// window meanwhile. Entries whose own TTL has passed are left out. match must not
// call the window.
func (w *Window) Read(epoch string, from, upTo uint64, room int, match func(*engine.Record) bool) Stretch {
	now := time.Now()
	w.forgetOld(now)
	w.mu.RLock()
	defer w.mu.RUnlock()
	if epoch != w.epoch || upTo > w.head() {
		return Stretch{Lost: upTo, Next: upTo + 1} // another log, whatever its numbers are
	}
	s := Stretch{Next: from}
	if first := w.ring.first; first > from {
		s.Lost = min(first-1, upTo)
		s.Next = s.Lost + 1
	}
	for work := maxScan * w.cfg.MaxReplay; s.Next <= upTo && work > 0; s.Next++ {
		e := w.ring.at(s.Next).entry
		work -= max(1, len(e.Record.To))
		if !replayable(e.Record) || e.Record.Expired(now) || !match(e.Record) {
			continue
		}
		if len(s.Entries) == w.cfg.MaxReplay || (len(s.Entries) > 0 && room < len(e.Frame)) {
			break
		}
		room -= len(e.Frame)
		s.Entries = append(s.Entries, e)
	}
	return s
}
