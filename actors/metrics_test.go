package actors

import (
	"testing"
	"time"
)

func TestMetrics_LatencyIsNeverNegative(t *testing.T) {
	var w workerCounters
	w.delivered(-time.Hour)
	if w.latencySum.Load() != 0 || w.latency[0].Load() != 1 {
		t.Errorf("an event from a clock that is ahead took %v", time.Duration(w.latencySum.Load()))
	}
}
