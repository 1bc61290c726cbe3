package redis

// Stats are figures since Open.
type Stats struct {
	BadRecords        uint64 // that could not be read and were left out
	DroppedTransients uint64 // that a busy tail had no room for
	Relinks           uint64 // interruptions of tails
}

// Stats returns the engine's figures.
func (e *Engine) Stats() Stats {
	return Stats{
		BadRecords:        e.badRecords.Load(),
		DroppedTransients: e.subscriber.dropped(),
		Relinks:           e.relinks.Load(),
	}
}

// Up reports whether every Tail is connected, and messages arrive. A Tail does
// not end when its connection is lost, so this is how to notice.
func (e *Engine) Up() bool {
	return e.ctx.Err() == nil && e.brokenLinks.Load() == 0 && e.subscriber.subscribed()
}

// leaveOut counts an entry that holds no record. Only the first is logged: there
// may be as many as there are events.
func (e *Engine) leaveOut(seq uint64, err error) {
	if e.badRecords.Add(1) == 1 {
		e.log.Error("record left out, more are only counted", "seq", seq, "err", err)
	}
}
