package main

import (
	"fmt"
	"io"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/history"
)

// newMetrics returns the set that the parts count in, with the build in it.
func newMetrics() *metrics.Set {
	set := metrics.NewSet()
	b := readBuild()
	set.NewGauge(fmt.Sprintf("hub_build_info{version=%q,revision=%q,go=%q}", b.Version, b.Commit, b.Go),
		func() float64 { return 1 })
	return set
}

// countLog adds the figures of the log and its window, which have no metrics of
// their own.
func countLog(set *metrics.Set, events *history.Log) {
	set.RegisterMetricsWriter(func(w io.Writer) {
		var up uint64
		if events.Up() {
			up = 1
		}
		window := events.Window().Stats()
		metrics.WriteGaugeUint64(w, "hub_engine_up", up)
		metrics.WriteGaugeUint64(w, "hub_engine_waiting", uint64(events.Waiting()))
		metrics.WriteCounterUint64(w, "hub_engine_tail_errors_total", events.TailErrors())
		metrics.WriteCounterUint64(w, "hub_engine_gaps_total", events.Resets())
		metrics.WriteGaugeUint64(w, "hub_window_events", uint64(window.Events))
		metrics.WriteGaugeUint64(w, "hub_window_bytes", uint64(window.Bytes))
		metrics.WriteGaugeFloat64(w, "hub_window_oldest_seconds", window.OldestAge.Seconds())
	})
}
