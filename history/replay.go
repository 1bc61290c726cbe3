package history

import (
	"slices"
	"time"

	"example.org/hub/engine"
)

// maxScan bounds how many entries a replay looks at, as a multiple of
// Config.MaxReplay: a client that wants few of many broadcasts must not cost
// more than one that wants them all.
const maxScan = 16

// Every stands in Query.Addresses for all addresses. It is none itself.
const Every engine.Address = "*"

// Query asks for what a returning client missed.
type Query struct {
	LastEventID string                    // as the client sent it; "" asks for nothing
	OwnID       string                    // in place of LastEventID: the publisher's id of the last event
	Earliest    bool                      // in place of LastEventID: all there is
	UpTo        uint64                    // the last entry of interest: later ones are delivered live
	Addresses   []engine.Address          // the client's: its user, its topics, all; or Every alone
	Match       func(*engine.Record) bool // leaves entries out, nil for none; must not call the window
	Recalled    *Recalled                 // what Log.Prepare found before the window, nil for nothing
}

// Replay returns the entries after q.LastEventID up to q.UpTo for any of the
// addresses, oldest first and each once. Those whose own TTL has passed are left
// out without a gap.
//
// It is whole if and only if the gap is nil: the position is of this epoch and
// not beyond the head, the entry after it is still retained, no more than
// Config.MaxReplay entries match, and no more than 16 times as many had to be
// looked at. With GapExpired and GapLimit the entries returned are all those
// behind the gap; if both are the case it is GapExpired. With GapEpoch there
// are none, nor while the log is being loaded: then all up to where entries are
// delivered is GapExpired. What q.Recalled has counts as if the window had it.
func (w *Window) Replay(q Query) ([]*Entry, *Gap) {
	if q.LastEventID == "" && q.OwnID == "" && !q.Earliest {
		return nil, nil
	}
	now := time.Now()
	w.forgetOld(now)
	w.mu.RLock()
	defer w.mu.RUnlock()
	last := min(q.UpTo, max(w.head(), w.goal))
	q.UpTo = min(q.UpTo, w.head())
	pos, ok := w.begin(&q)
	switch {
	case !ok:
		return nil, &Gap{To: w.text(last), Reason: GapEpoch}
	case pos.Epoch != w.epoch || pos.Seq > w.head():
		return nil, &Gap{From: q.LastEventID, To: w.text(last), Reason: GapEpoch}
	case q.UpTo < last:
		return nil, &Gap{From: w.text(pos.Seq + 1), To: w.text(last), Reason: GapExpired}
	}
	if r := q.Recalled; r != nil && r.epoch == w.epoch && r.upTo+1 >= w.ring.first {
		return w.join(&q, pos.Seq, now)
	}
	whole := max(pos.Seq, w.ring.first-1) // nothing after it has been evicted
	found, cut := w.collect(&q, whole, now)
	return found, w.gap(pos.Seq, min(whole, q.UpTo), cut)
}

// begin returns the position behind which the client wants everything, and
// whether it named one.
func (w *Window) begin(q *Query) (engine.Position, bool) {
	if q.Earliest {
		return engine.Position{Epoch: w.epoch, Seq: w.ring.first - 1}, true
	}
	if q.OwnID != "" {
		seq, ok := w.ids[q.OwnID]
		return engine.Position{Epoch: w.epoch, Seq: seq}, ok
	}
	pos, err := engine.ParsePosition(q.LastEventID)
	return pos, err == nil
}

// join puts what was recalled before what the window has behind it.
func (w *Window) join(q *Query, after uint64, now time.Time) ([]*Entry, *Gap) {
	r := q.Recalled
	found, cut := w.collect(q, r.upTo, now)
	if cut == 0 {
		// Entries behind UpTo are delivered live.
		earlier := slices.DeleteFunc(slices.Clone(r.entries), func(e *Entry) bool { return e.Seq > q.UpTo })
		found, cut = newestOf(slices.Concat(earlier, found), w.cfg.MaxReplay, 0)
	}
	switch {
	case cut == 0 || (r.gap != nil && w.text(cut) == r.gap.To):
		return found, r.gap
	case r.gap != nil:
		return found, &Gap{From: r.gap.From, To: w.text(cut), Reason: r.gap.Reason}
	}
	return found, w.gap(after, 0, cut)
}

// forgetOld evicts by age, which Add does not do while the log is idle.
func (w *Window) forgetOld(now time.Time) {
	w.mu.RLock()
	outdated := w.outdated(now)
	w.mu.RUnlock()
	if outdated {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.evict(now)
	}
}

// gap describes what is missing after a position: the entries up to evicted, and
// those up to cut if that is not 0.
func (w *Window) gap(after, evicted, cut uint64) *Gap {
	switch {
	case evicted > after:
		return &Gap{From: w.text(after + 1), To: w.text(max(evicted, cut)), Reason: GapExpired}
	case cut > after:
		return &Gap{From: w.text(after + 1), To: w.text(cut), Reason: GapLimit}
	}
	return nil
}

func (w *Window) text(seq uint64) string {
	return engine.Position{Epoch: w.epoch, Seq: seq}.String()
}

// collect walks back from q.UpTo through the entries of all addresses at once and
// returns those that match, oldest first. If it has to stop before the position
// after, cut is the newest entry that it leaves out.
func (w *Window) collect(q *Query, after uint64, now time.Time) (found []*Entry, cut uint64) {
	defer func() { slices.Reverse(found) }()
	cursors := w.cursors(q, after)
	for seen := 0; ; seen++ {
		seq := newest(cursors)
		if seq == 0 {
			return found, 0
		}
		e := w.ring.at(seq).entry
		wanted := replayable(e.Record) && !e.Record.Expired(now) && (q.Match == nil || q.Match(e.Record))
		if seen == maxScan*w.cfg.MaxReplay || (wanted && len(found) == w.cfg.MaxReplay) {
			return found, seq
		}
		if wanted {
			found = append(found, e)
		}
		for i := range cursors {
			if cursors[i].seq == seq {
				w.back(&cursors[i], after, seq-1)
			}
		}
	}
}

// cursor is a place in the chain of one address.
type cursor struct {
	address engine.Address
	seq     uint64 // 0 at the end
}

// cursors returns the starting places of the addresses that have something.
func (w *Window) cursors(q *Query, after uint64) []cursor {
	var cursors []cursor
	for _, a := range q.Addresses {
		c := cursor{address: a, seq: w.latest[a]}
		if a == Every {
			c.seq = w.head()
		}
		if w.back(&c, after, q.UpTo); c.seq != 0 {
			cursors = append(cursors, c)
		}
	}
	return cursors
}

// back moves a cursor to the newest entry that is not after upTo, or to the end
// if that is not after the position after.
func (w *Window) back(c *cursor, after, upTo uint64) {
	if c.address == Every {
		c.seq = min(c.seq, upTo)
	}
	for c.seq > upTo && c.seq > after {
		c.seq = w.ring.at(c.seq).before(c.address)
	}
	if c.seq <= after {
		c.seq = 0
	}
}

// newest returns the highest Seq of the cursors, 0 if all are at the end.
func newest(cursors []cursor) uint64 {
	seq := uint64(0)
	for i := range cursors {
		seq = max(seq, cursors[i].seq)
	}
	return seq
}
