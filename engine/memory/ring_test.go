package memory

import (
	"math/rand/v2"
	"testing"
)

func TestRing_HoldsWhatASliceHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := ring[int]{first: 5, next: 5}
	var model []int
	first := uint64(5)
	for step := range 20_000 {
		// Long phases of growth and of decline, so that it is resized both ways.
		if grow := step/3000%2 == 0; len(model) == 0 || rng.IntN(10) < 3 != grow {
			r.push(step)
			model = append(model, step)
		} else {
			r.drop()
			model = model[1:]
			first++
		}
		if r.len() != len(model) || r.first != first {
			t.Fatalf("step %d: %d items from %d, want %d from %d", step, r.len(), r.first, len(model), first)
		}
		if len(model) > 0 {
			n := rng.IntN(len(model))
			if got := *r.at(first + uint64(n)); got != model[n] {
				t.Fatalf("step %d: item %d is %d, want %d", step, n, got, model[n])
			}
		}
	}
}

func TestRing_GivesMemoryBack(t *testing.T) {
	var r ring[*int]
	for n := range 10_000 {
		r.push(&n)
	}
	for r.len() > 10 {
		r.drop()
	}
	if len(r.slots) > 2*minRing {
		t.Errorf("%d slots for %d items", len(r.slots), r.len())
	}
	if kept := len(r.slots) - countNil(r.slots); kept != r.len() {
		t.Errorf("%d items are referenced, want %d", kept, r.len())
	}
}

func countNil(slots []*int) int {
	n := 0
	for _, p := range slots {
		if p == nil {
			n++
		}
	}
	return n
}
