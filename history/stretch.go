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
// take them. It reads forward and stops early after Config.MaxReplay entries, or
// when it has looked at 16 times as many. Those whose own TTL has passed are left
// out. match must not call the window.
func (w *Window) Read(epoch string, from, upTo uint64, match func(*engine.Record) bool) Stretch {
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
	for end := s.Next + uint64(maxScan*w.cfg.MaxReplay); s.Next <= upTo && s.Next < end && len(s.Entries) < w.cfg.MaxReplay; s.Next++ {
		e := w.ring.at(s.Next).entry
		if replayable(e.Record) && !e.Record.Expired(now) && match(e.Record) {
			s.Entries = append(s.Entries, e)
		}
	}
	return s
}
