//go:build linux

package chaos

import (
	"testing"

	"example.org/hub/engine"
)

// at makes positions of one epoch.
func at(seq uint64) engine.Position { return engine.Position{Epoch: "e", Seq: seq} }

func TestJudge_FindsWhatIsWrong(t *testing.T) {
	sources := []*source{
		{name: "a", acked: []engine.Position{at(1), at(3)}},
		{name: "b", acked: []engine.Position{at(2)}},
	}
	a1, b1, a2 := arrival{note{"a", 1}, at(1)}, arrival{note{"b", 1}, at(2)}, arrival{note{"a", 2}, at(3)}
	moved := arrival{note{"a", 2}, at(4)}
	f := func(what string, want verdict, gaps []gap, got ...arrival) {
		t.Helper()
		want.gaps = len(gaps)
		if v := judge(sources, got, gaps); v != want {
			t.Errorf("%s: %+v, want %+v", what, v, want)
		}
	}
	f("all is well", verdict{delivered: 3}, nil, a1, b1, a2)
	f("one is lost", verdict{delivered: 2, lost: 1}, nil, a1, a2)
	f("the last is lost", verdict{delivered: 2, lost: 1}, nil, a1, b1)
	f("a gap tells", verdict{delivered: 2, excused: 1}, []gap{{at(2), at(2), "slow"}}, a1, a2)
	f("a gap tells of others", verdict{delivered: 2, lost: 1}, []gap{{at(3), at(3), "slow"}}, a1, a2)
	f("one comes again", verdict{delivered: 3, duplicates: 1}, nil, a1, b1, b1, a2)
	f("one is in the log twice", verdict{delivered: 3, repeated: 1}, nil, a1, b1, a2, moved)
	f("one is not where it was acknowledged", verdict{delivered: 2, repeated: 1}, nil, a1, b1, moved)
	f("two are out of order", verdict{delivered: 3, disorder: 1}, nil, b1, a1, a2)
	f("one is another's", verdict{delivered: 3, leaked: 1}, nil, a1, b1, arrival{note{"c", 1}, at(2)}, a2)
}

func TestGap_CoversWhatIsAfterItsStartAndUpToItsEnd(t *testing.T) {
	other := engine.Position{Epoch: "f", Seq: 2}
	f := func(g gap, p engine.Position, want bool) {
		t.Helper()
		if got := g.covers(p); got != want {
			t.Errorf("%v covers %v: %v", g, p, got)
		}
	}
	f(gap{at(2), at(3), ""}, at(1), false)
	f(gap{at(2), at(3), ""}, at(2), true)
	f(gap{at(1), at(3), ""}, at(3), true)
	f(gap{at(1), at(3), ""}, at(4), false)
	f(gap{at(1), at(3), ""}, other, false)
	f(gap{engine.Position{}, at(3), ""}, at(1), true)
	f(gap{at(1), other, ""}, at(5), true) // the rest of the epoch before
	f(gap{at(1), other, ""}, at(1), false)
	f(gap{at(1), other, ""}, engine.Position{Epoch: "f", Seq: 3}, false)
}
