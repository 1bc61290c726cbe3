package main

import (
	"math"
	"testing"
	"time"
)

// line samples a + b an hour, every 10 s, with a deterministic noise.
func line(n int, a, b, noise float64) (at []time.Duration, values []float64) {
	for i := range n {
		d := time.Duration(i) * 10 * time.Second
		at = append(at, d)
		values = append(values, a+b*d.Hours()+noise*math.Sin(float64(i*i)))
	}
	return at, values
}

func TestSlopeOf_FindsTheLine(t *testing.T) {
	s := slopeOf(line(360, 100, 7, 0))
	if math.Abs(s.perHour-7) > 1e-6 || s.stderr > 1e-6 || math.Abs(s.mean-103.49) > 0.1 || s.length != 3590*time.Second {
		t.Errorf("got %+v", s)
	}
	if s := slopeOf(line(2, 1, 1, 0)); s != (slope{}) {
		t.Errorf("two samples: %+v, want none", s)
	}
	if s := slopeOf(make([]time.Duration, 5), make([]float64, 5)); s.perHour != 0 {
		t.Errorf("all at once: %+v, want no slope", s)
	}
}

func TestSlopeVerdict(t *testing.T) {
	f := func(n int, b, noise, limit float64, want string) {
		t.Helper()
		s := slopeOf(line(n, 100, b, noise))
		if got := s.verdict(limit); got != want {
			t.Errorf("%d samples of %g an hour with noise %g: %s, want %s (%+v)", n, b, noise, got, want, s)
		}
	}
	f(360, 0, 1, 5, verdictFlat)
	f(360, -50, 1, 5, verdictFlat)
	f(360, 20, 1, 5, verdictGrowing)
	f(360, 5, 30, 5, verdictUnclear)
	f(12, 1000, 0, 5, verdictShort)
}
