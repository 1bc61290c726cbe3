package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.org/hub/engine"
)

// errScanned ends a tail that has reached the window.
var errScanned = errors.New("scanned")

// scan is one reading of the stretch of the log that lies before the window, with
// what it found for the addresses that somebody asked for.
type scan struct {
	epoch   string
	limit   Config
	now     time.Time
	before  uint64    // the stretch begins behind it
	reason  GapReason // why not earlier
	upTo    uint64    // the last record that was read
	found   map[engine.Address]*findings
	bytes   int64 // of all findings
	records uint64
}

// findings are what a scan found for one address.
type findings struct {
	entries []*Entry
	bytes   int64
	cut     uint64 // the last entry that was let go
}

// scan reads the log from the oldest position of the round to some way into the
// window, which may drop more before the clients are attached.
func (l *Log) scan(ctx context.Context, round []*recall) (*scan, error) {
	bounds, err := l.eng.Bounds(ctx)
	if err != nil {
		return nil, fmt.Errorf("scan log: %w", err)
	}
	s := &scan{
		epoch: bounds.Epoch, limit: l.window.cfg, now: time.Now(),
		found: make(map[engine.Address]*findings),
	}
	first := l.window.First()
	s.want(round)
	s.begin(round, bounds, first)
	if s.before+1 >= first || s.before >= bounds.Head {
		return s, nil // the engine has dropped it too
	}
	err = l.eng.Tail(ctx, s.before, func(batch []engine.Stored) error {
		s.take(batch)
		if s.upTo >= bounds.Head || s.upTo >= l.window.enough() {
			return errScanned
		}
		return nil
	})
	if !errors.Is(err, errScanned) {
		return nil, fmt.Errorf("scan log: %w", err)
	}
	if after, err := l.eng.Bounds(ctx); err != nil || after.Epoch != s.epoch {
		return nil, fmt.Errorf("scan log: it began anew (%w)", errors.Join(err, engine.ErrTruncated))
	}
	return s, nil
}

// enough returns up to where a scan reads, so that the window may drop a quarter
// of its entries until a client that was recalled is attached.
func (w *Window) enough() uint64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.ring.first + uint64(w.ring.len()/4)
}

// want notes the addresses of a round.
func (s *scan) want(round []*recall) {
	for _, r := range round {
		for _, a := range r.query.Addresses {
			if s.found[a] == nil {
				s.found[a] = &findings{}
			}
		}
	}
}

// begin finds where to begin: behind the oldest position of the round, if the
// engine has what follows and it is not too much.
func (s *scan) begin(round []*recall, b engine.Bounds, first uint64) {
	oldest := slices.MinFunc(round, func(x, y *recall) int { return cmp.Compare(x.after, y.after) })
	s.before, s.reason = oldest.after, GapExpired
	if b.First > s.before+1 {
		s.before = b.First - 1
	}
	if first > maxRecall && first-maxRecall > s.before {
		s.before, s.reason = first-maxRecall, GapLimit
	}
	s.upTo = s.before
}

// take keeps the entries that somebody wants. Those of one address that are more
// than any replay looks at are let go, the oldest first; if all together take too
// many bytes, so are those of the addresses that have the most.
func (s *scan) take(batch []engine.Stored) {
	for _, stored := range batch {
		if stored.Seq == 0 {
			continue // transient
		}
		s.upTo = stored.Seq
		s.records++
		if stored.Record.Kind != engine.Event || stored.Record.Expired(s.now) {
			continue
		}
		var e *Entry
		for _, a := range stored.Record.To {
			e = s.keep(a, stored, e)
		}
		s.keep(Every, stored, e)
		if s.bytes > s.limit.MaxBytes {
			s.drop()
		}
	}
}

// keep adds a record to those of an address, if somebody wants them, and returns its
// entry, which it makes if there is none yet.
func (s *scan) keep(a engine.Address, stored engine.Stored, e *Entry) *Entry {
	f := s.found[a]
	if f == nil {
		return e
	}
	if e == nil {
		e = newEntry(s.epoch, stored)
	}
	if most := maxScan * s.limit.MaxReplay; len(f.entries) >= 2*most {
		s.letGo(f, len(f.entries)-most)
	}
	f.entries = append(f.entries, e)
	f.bytes += e.size()
	s.bytes += e.size()
	return e
}

// drop lets everything go of the addresses that take at least half as much as they
// all take on average, which is more than half of the bytes. Who asks for little
// does not lose it to one who asks for everything.
func (s *scan) drop() {
	holders := int64(0)
	for _, f := range s.found {
		if len(f.entries) > 0 {
			holders++
		}
	}
	least := s.bytes / (2 * holders)
	for _, f := range s.found {
		if len(f.entries) > 0 && f.bytes >= least {
			s.letGo(f, len(f.entries))
		}
	}
}

// letGo lets the oldest n entries of an address go.
func (s *scan) letGo(f *findings, n int) {
	for _, e := range f.entries[:n] {
		f.bytes -= e.size()
		s.bytes -= e.size()
	}
	f.cut = f.entries[n-1].Seq
	f.entries = slices.Clone(f.entries[n:])
}

// answer collects what was found for one client: the newest entries, as many as a
// replay may have.
func (s *scan) answer(r *recall) *Recalled {
	cut := s.before
	for _, a := range r.query.Addresses {
		cut = max(cut, s.found[a].cut)
	}
	after := max(r.after, cut)
	var found []*Entry
	for _, a := range r.query.Addresses {
		found = append(found, s.newest(a, after, r.query.Match)...)
	}
	slices.SortFunc(found, func(x, y *Entry) int { return cmp.Compare(x.Seq, y.Seq) })
	found = slices.CompactFunc(found, func(x, y *Entry) bool { return x.Seq == y.Seq })
	found, cut = newestOf(found, s.limit.MaxReplay, cut)
	out := &Recalled{epoch: s.epoch, upTo: s.upTo, entries: found}
	if cut > r.after {
		out.gap = &Gap{From: s.text(r.after + 1), To: s.text(cut), Reason: GapLimit}
		if s.before > r.after {
			out.gap.Reason = s.reason
		}
	}
	return out
}

// newest returns the newest entries of an address behind a position that match,
// newest first: one more than a replay may have, so that it is known that there
// are more.
func (s *scan) newest(a engine.Address, after uint64, match func(*engine.Record) bool) (found []*Entry) {
	for _, e := range slices.Backward(s.found[a].entries) {
		if e.Seq <= after || len(found) > s.limit.MaxReplay {
			break
		}
		if match == nil || match(e.Record) {
			found = append(found, e)
		}
	}
	return found
}

// newestOf returns the last n entries and the Seq up to which some are missing.
func newestOf(entries []*Entry, n int, cut uint64) ([]*Entry, uint64) {
	if more := len(entries) - n; more > 0 {
		return entries[more:], entries[more-1].Seq
	}
	return entries, cut
}

func (s *scan) text(seq uint64) string {
	return engine.Position{Epoch: s.epoch, Seq: seq}.String()
}
