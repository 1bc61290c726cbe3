package history

import (
	"slices"
	"testing"
)

func TestRecaller_TakesNearAndFarPositionsInTurn(t *testing.T) {
	const first = 10 * nearRecall
	var c recaller
	wait := func(after ...uint64) {
		for _, a := range after {
			c.waiting = append(c.waiting, &recall{after: a})
		}
	}
	want := func(after ...uint64) {
		t.Helper()
		var got []uint64
		for _, r := range c.next(first) {
			got = append(got, r.after)
		}
		if !slices.Equal(got, after) {
			t.Errorf("the round is of %v, want %v", got, after)
		}
	}
	wait(1, first-2, 2, first-3)
	want(first-2, first-3)
	wait(first - 4)
	want(1, 2)
	want(first - 4)
	wait(first-5, 3)
	want(3) // near ones had the last round
	c.waiting[0].left.Store(true)
	want()
	if c.running || len(c.waiting) > 0 {
		t.Errorf("running %v with %d that wait", c.running, len(c.waiting))
	}
	wait(4)
	want(4)
}
