//go:build linux

package chaos

import (
	"slices"
	"testing"
	"time"
)

func TestRollingRestart_LosesNothingAndSpreadsReconnects(t *testing.T) {
	st := newStage(t, newSite(t, "--drain-delay=1s", "--drain-window=3s"), 150)
	var began []time.Time
	for _, h := range st.hubs {
		began = append(began, time.Now())
		if err := h.terminate(); err != nil {
			t.Fatal(err)
		}
		if err := h.start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second) // the last that were sent away wait up to 5 s; the load balancer notices the hub
	}
	v := st.finish()
	if v.gaps+v.excused > 0 {
		t.Errorf("%d gap events, %d deliveries missing", v.gaps, v.excused)
	}
	t.Logf("%d messages, %d deliveries, %d reconnects, %d POSTs tried again",
		st.press.acked.Load(), v.delivered, st.audience.reconnects(), st.press.failed.Load())
	for i, from := range began {
		to := time.Now()
		if i+1 < len(began) {
			to = began[i+1]
		}
		seconds := st.audience.spread(from, to)
		t.Logf("hub%d: reconnects a second %v, greatest %.1f times the mean", i+1, seconds, peak(seconds))
	}
}

// spread counts the reconnects of each second from the first to the last of
// those that began within a time.
func (a *audience) spread(from, to time.Time) []int {
	var times []time.Time
	for _, m := range a.members {
		for _, at := range m.opened[1:] {
			if at.After(from) && at.Before(to) {
				times = append(times, at)
			}
		}
	}
	if len(times) == 0 {
		return nil
	}
	slices.SortFunc(times, time.Time.Compare)
	seconds := make([]int, times[len(times)-1].Sub(times[0])/time.Second+1)
	for _, at := range times {
		seconds[at.Sub(times[0])/time.Second]++
	}
	return seconds
}

// peak returns how many times the mean the greatest is. It is logged and not
// asserted: the times depend on how busy the machine is.
func peak(seconds []int) float64 {
	sum := 0
	for _, n := range seconds {
		sum += n
	}
	if sum == 0 {
		return 0
	}
	return float64(slices.Max(seconds)*len(seconds)) / float64(sum)
}
