package history

import "example.org/hub/engine"

// begin takes the place from which the window gets filled with what the engine
// retains, as far as it fits.
func (l *Log) begin(b engine.Bounds) {
	start := b.First - 1
	if room := uint64(l.window.cfg.MaxEvents); b.Head-start > room {
		start = b.Head - room
	}
	l.window.load(b.Epoch, start, b.Head)
	l.place = place{epoch: b.Epoch, last: start, warm: b.Head}
	l.announce()
}

// resume compares the place with what the engine has now.
func (l *Log) resume(b engine.Bounds) {
	switch {
	case b.Epoch != l.place.epoch || b.Head < l.place.last:
		l.restart(b)
	case l.place.last+1 < b.First:
		l.skip(b)
	}
}

// restart begins again in a log that is not the one of before: its records have
// other numbers, or it has lost some.
func (l *Log) restart(b engine.Bounds) {
	gap := Gap{From: l.text(l.place.last), To: engine.Position{Epoch: b.Epoch, Seq: b.Head}.String(), Reason: GapEpoch}
	l.begin(b)
	l.place.again = true
	l.reset(gap)
}

// skip goes on after the records that the engine has dropped unread.
func (l *Log) skip(b engine.Bounds) {
	from := max(l.place.last, l.place.warm) + 1
	l.window.load(b.Epoch, b.First-1, l.place.warm)
	l.place.last = b.First - 1
	l.announce()
	if from < b.First { // else they would only have been loaded
		l.reset(Gap{From: l.text(from), To: l.text(b.First - 1), Reason: GapExpired})
	}
}

// reset tells of a gap in what is delivered.
func (l *Log) reset(gap Gap) {
	l.resets.Add(1)
	l.pending.abandon()
	l.log.Error("place in the log lost", "from", gap.From, "to", gap.To, "reason", string(gap.Reason))
	l.onReset(gap)
}

func (l *Log) text(seq uint64) string {
	return engine.Position{Epoch: l.place.epoch, Seq: seq}.String()
}
