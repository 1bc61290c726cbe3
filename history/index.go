package history

import "example.org/hub/engine"

// index finds the entries of an address: it knows the latest, and the slot of
// each entry names the one before it. So a replay costs what it has to send, and
// an address with nothing retained costs nothing.
type index map[engine.Address]uint64

// add makes the entry of a slot the latest of its addresses.
func (x index) add(s *slot) {
	if !replayable(s.entry.Record) {
		return
	}
	seq := s.entry.Seq
	for i, a := range s.entry.Record.To {
		prev := x[a]
		x[a] = seq
		if i == 0 {
			s.prev = prev
		} else {
			// An address that is repeated within a record points to itself here;
			// slot.before finds the first of them.
			s.more = append(s.more, prev)
		}
	}
}

// remove forgets the addresses whose latest entry is the one of the slot. It is
// the oldest of the window, so what points to it ends there.
func (x index) remove(s *slot) {
	if !replayable(s.entry.Record) {
		return
	}
	for _, a := range s.entry.Record.To {
		if x[a] == s.entry.Seq {
			delete(x, a)
		}
	}
}

// replayable reports whether clients get the record: the hubs alone obey control.
func replayable(rec *engine.Record) bool { return rec.Kind == engine.Event }
