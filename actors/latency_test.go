package actors

import (
	"testing"
	"time"
)

func TestLatencies_Quantile(t *testing.T) {
	f := func(l Latencies, q float64, want time.Duration) {
		t.Helper()
		if got := l.Quantile(q); got != want {
			t.Errorf("quantile %v of %v: got %v, want %v", q, l, got, want)
		}
	}
	f(Latencies{}, 0.5, 0)
	f(Latencies{10}, 0.5, 50*time.Microsecond)
	f(Latencies{10}, 1, 100*time.Microsecond)
	f(Latencies{0, 10}, 0.5, 175*time.Microsecond)
	f(Latencies{50, 50}, 0.5, 100*time.Microsecond)
	f(Latencies{98, 0, 0, 2}, 0.99, 750*time.Microsecond)
	highest := Latencies{}
	highest[len(highest)-1] = 3
	f(highest, 0.5, 10*time.Second)
	f(highest, 0.99, 10*time.Second)
}

func TestLatencies_Since(t *testing.T) {
	now, earlier := Latencies{5, 7}, Latencies{5, 3}
	if got := now.Since(earlier); got != (Latencies{0, 4}) {
		t.Errorf("got %v", got)
	}
	// Counters are read one after the other, never below what they were; a
	// reading of another hub's must not wrap around all the same.
	if got := earlier.Since(now); got != (Latencies{}) {
		t.Errorf("got %v", got)
	}
}
