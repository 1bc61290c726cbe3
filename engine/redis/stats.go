package redis

// Stats are figures for metrics. All but Connected only grow.
type Stats struct {
	Connected         bool   // a tail is connected to the server at this moment
	Reconnects        uint64 // times that a tail lost its connection
	Poisoned          uint64 // entries that were left out because they hold no record
	DroppedTransients uint64 // transient records that slow tails missed
}

// Stats returns the figures of now.
func (e *Engine) Stats() Stats {
	return Stats{
		Connected:         e.up.Load() > 0,
		Reconnects:        e.reconnects.Load(),
		Poisoned:          e.poisoned.Load(),
		DroppedTransients: e.subscriber.dropped(),
	}
}

// poison counts an entry that holds no record. Only the first is logged: there
// may be as many as there are events.
func (e *Engine) poison(seq uint64, err error) {
	if e.poisoned.Add(1) == 1 {
		e.log.Error("record left out, more are only counted", "seq", seq, "err", err)
	}
}
