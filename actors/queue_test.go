package actors

import (
	"testing"
)

func TestQueue_IsFirstInFirstOutAndShrinks(t *testing.T) {
	var q queue
	next := 0
	for round := range 3 {
		for range 50_000 {
			q.push(&counter{sum: next})
			next++
		}
		for i := range 50_000 {
			if got := q.pop().(*counter).sum; got != round*50_000+i {
				t.Fatalf("got %d, want %d", got, round*50_000+i)
			}
		}
		if cap(q.ring) > keepQueue {
			t.Errorf("an empty queue keeps room for %d", cap(q.ring))
		}
	}
}
