//go:build linux

package chaos

import "example.org/hub/engine"

// source is a row of messages to one address, numbered from 1. The next is
// posted when the last was acknowledged, so that they are in the log in order.
type source struct {
	name, to string
	acked    []engine.Position // of number i+1
}

// note is what the data of a message says.
type note struct {
	Source string `json:"s"`
	N      int    `json:"n"`
}

// arrival is a message that a subscriber got.
type arrival struct {
	note
	at engine.Position
}

// gap is a range of positions that the hub has said to be lost, both included.
// If the epoch is another, from is the last position that the client had.
type gap struct {
	from, to engine.Position
	reason   string
}

// covers reports whether a position is in the gap. Of another epoch than both
// ends' nothing is known, and nothing excused.
func (g gap) covers(p engine.Position) bool {
	upTo := p.Epoch == g.to.Epoch && p.Seq <= g.to.Seq
	switch g.from.Epoch {
	case "":
		return upTo
	case g.to.Epoch:
		return upTo && p.Seq >= g.from.Seq
	}
	return upTo || (p.Epoch == g.from.Epoch && p.Seq > g.from.Seq)
}

// verdict counts what was right and wrong with what subscribers got.
type verdict struct {
	delivered  int // acknowledged messages that came
	excused    int // that did not, of which a gap told
	lost       int // that did not, of which nothing told
	duplicates int // came again with their position
	repeated   int // came again with another: the log has them twice
	disorder   int // came after a later one
	leaked     int // were for somebody else
	gaps       int
}

func (v *verdict) add(w verdict) {
	v.delivered += w.delivered
	v.excused += w.excused
	v.lost += w.lost
	v.duplicates += w.duplicates
	v.repeated += w.repeated
	v.disorder += w.disorder
	v.leaked += w.leaked
	v.gaps += w.gaps
}

// judge compares what one subscriber got with what it should have got.
func judge(sources []*source, got []arrival, gaps []gap) verdict {
	v := verdict{gaps: len(gaps)}
	mine := map[string]bool{}
	for _, s := range sources {
		mine[s.name] = true
	}
	came := map[note]engine.Position{}
	var last engine.Position
	for _, a := range got {
		if !mine[a.Source] {
			v.leaked++
			continue
		}
		if before, again := came[a.note]; again {
			if before == a.at {
				v.duplicates++
			} else {
				v.repeated++
			}
			continue
		}
		came[a.note] = a.at
		if last.Epoch == a.at.Epoch && a.at.Seq <= last.Seq {
			v.disorder++
		}
		last = a.at
	}
	v.account(sources, came, gaps)
	return v
}

// account looks for every acknowledged message.
func (v *verdict) account(sources []*source, came map[note]engine.Position, gaps []gap) {
	for _, s := range sources {
		for i, want := range s.acked {
			at, ok := came[note{s.name, i + 1}]
			switch {
			case ok && at == want:
				v.delivered++
			case ok: // acknowledged at one position and delivered from another
				v.repeated++
			case excused(gaps, want):
				v.excused++
			default:
				v.lost++
			}
		}
	}
}

func excused(gaps []gap, p engine.Position) bool {
	for _, g := range gaps {
		if g.covers(p) {
			return true
		}
	}
	return false
}

// missing returns the positions of what was acknowledged and did not come.
func missing(sources []*source, got []arrival) (at []engine.Position) {
	came := map[note]bool{}
	for _, a := range got {
		came[a.note] = true
	}
	for _, s := range sources {
		for i, p := range s.acked {
			if !came[note{s.name, i + 1}] {
				at = append(at, p)
			}
		}
	}
	return at
}
