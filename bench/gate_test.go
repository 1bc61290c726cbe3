package main

import "testing"

func TestGate_LooksAtTheBestRound(t *testing.T) {
	r := &report{Summary: []row{{Name: "cpu", ToFloor: map[string]spread{targetHub: {Median: 9, Min: 2, Max: 9, Count: 3}}}}}
	f := func(name string, most float64, ok bool) {
		t.Helper()
		g := &gateCommand{AtMost: map[string]float64{name: most}}
		if err := g.check(r); (err == nil) != ok {
			t.Errorf("%s at most %v: %v", name, most, err)
		}
	}
	f("cpu", 2.5, true)
	f("cpu", 1.9, false)
	f("other", 9, false)
}
