package main

import (
	"fmt"
	"io"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/engine/memory"
	"example.org/hub/engine/nats"
	"example.org/hub/engine/redis"
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

// truth is how a gauge shows a yes or no.
func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// countLog adds the figures of the log and its window, which have no metrics of
// their own.
func countLog(set *metrics.Set, kind string, eng sharedLog, events *history.Log) {
	upName := fmt.Sprintf("hub_engine_up{engine=%q}", kind)
	set.RegisterMetricsWriter(func(w io.Writer) {
		window := events.Window().Stats()
		metrics.WriteGaugeFloat64(w, upName, truth(events.Up()))
		metrics.WriteGaugeUint64(w, "hub_engine_waiting", uint64(events.Waiting()))
		metrics.WriteCounterUint64(w, "hub_engine_tail_errors_total", events.TailErrors())
		metrics.WriteCounterUint64(w, "hub_engine_gaps_total", events.Resets())
		metrics.WriteGaugeUint64(w, "hub_window_events", uint64(window.Events))
		metrics.WriteGaugeUint64(w, "hub_window_bytes", uint64(window.Bytes))
		metrics.WriteGaugeFloat64(w, "hub_window_oldest_seconds", window.OldestAge.Seconds())
		writeCompressed(w, window.Compressed)
		scans, scanned := events.Scans()
		metrics.WriteCounterUint64(w, "hub_replay_scans_total", scans)
		metrics.WriteCounterUint64(w, "hub_replay_scanned_records_total", scanned)
		links := linksOf(eng)
		metrics.WriteCounterUint64(w, "hub_engine_bad_records_total", links.bad)
		metrics.WriteCounterUint64(w, "hub_engine_dropped_transients_total", links.dropped)
		metrics.WriteCounterUint64(w, "hub_engine_reconnects_total", links.reconnects)
		writeServer(w, eng)
	})
}

// writeCompressed writes what gzip streams gain.
func writeCompressed(w io.Writer, c history.Compressed) {
	metrics.WriteCounterUint64(w, "hub_compressed_events_total", c.Events)
	const name = "hub_compressed_bytes_total"
	metrics.WriteMetadataIfNeeded(w, name, "counter")
	fmt.Fprintf(w, "%s{form=\"plain\"} %d\n%s{form=\"gzip\"} %d\n", name, c.Plain, name, c.Packed)
}

// links are the figures that engines have of their own. An engine in memory has
// no records that cannot be read and no connection to lose.
type links struct{ bad, dropped, reconnects uint64 }

func linksOf(eng sharedLog) links {
	switch eng := eng.(type) {
	case *nats.Engine:
		st := eng.Stats()
		return links{bad: st.BadRecords, dropped: st.DroppedTransients, reconnects: st.Reconnects + st.Relinks}
	case *redis.Engine:
		st := eng.Stats()
		return links{bad: st.BadRecords, dropped: st.DroppedTransients, reconnects: st.Relinks}
	case *memory.Engine:
		return links{dropped: eng.DroppedTransients()}
	}
	return links{}
}
