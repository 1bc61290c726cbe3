package actors

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/sse"
)

// decode returns the blocks of a stream and what the client would resume from.
func (m *model) decode(s *modelStream) (blocks []sse.Event, last string) {
	m.t.Helper()
	d := sse.NewDecoder(strings.NewReader(strings.TrimPrefix(s.text(), "HEAD\r\n\r\n")), 1<<20)
	for {
		ev, err := d.Next()
		if errors.Is(err, io.EOF) {
			return blocks, d.LastEventID()
		}
		if err != nil {
			m.t.Fatalf("decode: %v", err)
		}
		blocks = append(blocks, ev)
	}
}

// check compares a stream with what the model says.
func (m *model) check(s *modelStream) {
	m.t.Helper()
	c := &checker{model: m, stream: s, got: map[int]bool{}, gapped: map[int]bool{}, latest: -1}
	for _, e := range m.events {
		live := e.n >= s.from
		if e.rec.Kind == engine.Event && (live || (s.resumed && e.seq > s.after)) && s.isFor(e, live) {
			c.due = append(c.due, e)
		}
	}
	blocks, _ := m.decode(s)
	for _, b := range blocks {
		c.block(b)
	}
	c.complete()
}

// checker goes through the blocks of one stream.
type checker struct {
	*model
	stream *modelStream
	due    []*modelEvent
	got    map[int]bool
	gapped map[int]bool
	latest int    // the last event, by its place among all
	pos    uint64 // the last position
}

func (c *checker) block(b sse.Event) {
	c.t.Helper()
	if pos, err := engine.ParsePosition(b.ID); err == nil {
		if pos.Seq < c.pos {
			c.t.Fatalf("position %d follows %d", pos.Seq, c.pos)
		}
		c.pos = pos.Seq
	}
	switch b.Name {
	case "a", "b":
		text, _, _ := strings.Cut(string(b.Data), " ")
		n, _ := strconv.Atoi(text)
		i := slices.IndexFunc(c.due, func(e *modelEvent) bool { return e.n == n })
		switch {
		case i < 0:
			c.t.Fatalf("%s got event %d of others: %+v", c.stream.user, n, c.events[n].rec)
		case n <= c.latest:
			c.t.Fatalf("event %d follows %d", n, c.latest)
		case c.due[i].seq != 0 && c.due[i].seq != c.pos:
			c.t.Fatalf("event %d has position %d, want %d", n, c.pos, c.due[i].seq)
		}
		c.got[n], c.latest = true, n
	case sse.EventGap:
		c.gap(b)
	}
}

// gap checks that a gap is exact: it begins and ends with an event that the
// stream should have got, and it got none in between.
func (c *checker) gap(b sse.Event) {
	c.t.Helper()
	var g sse.Gap
	if err := json.Unmarshal(b.Data, &g); err != nil {
		c.t.Fatal(err)
	}
	from, _ := engine.ParsePosition(g.From)
	to, _ := engine.ParsePosition(g.To)
	var seqs []uint64
	for _, e := range c.due {
		if e.seq >= from.Seq && e.seq <= to.Seq {
			seqs = append(seqs, e.seq)
			c.gapped[e.n] = true
			if c.got[e.n] {
				c.t.Fatalf("event %d is in %s and was sent", e.n, b.Data)
			}
		}
	}
	if g.Reason != string(history.GapSlow) || len(seqs) == 0 || seqs[0] != from.Seq || seqs[len(seqs)-1] != to.Seq {
		c.t.Fatalf("gap %s, where %v were due", b.Data, seqs)
	}
}

// complete checks that nothing is missing silently, up to the end of the stream.
func (c *checker) complete() {
	c.t.Helper()
	s := c.stream
	until := c.latest + 1
	if !s.stalled || !s.leaving {
		until = max(until, s.until)
	}
	if s.gone && s.stalled {
		until = c.latest + 1
	}
	for _, e := range c.due {
		superseded := slices.ContainsFunc(c.due, func(later *modelEvent) bool {
			return s.stalled && later.n > e.n && e.rec.Key != "" && later.rec.Key == e.rec.Key && (later.seq != 0 || e.seq == 0)
		})
		lost := s.stalled && e.rec.Transient
		if e.n < until && !c.got[e.n] && !c.gapped[e.n] && !superseded && !lost {
			c.t.Fatalf("event %d (%d) to %v key %q slow %d is missing in a stream of %s from %d until %d (stalled %v):\n%s",
				e.n, e.seq, e.rec.To, e.rec.Key, e.rec.Slow, s.user, s.from, until, s.stalled, s.text())
		}
	}
}
