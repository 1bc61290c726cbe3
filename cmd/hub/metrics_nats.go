package main

import (
	"io"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/engine/nats"
)

// writeServer adds the figures of a NATS server inside the process.
func writeServer(w io.Writer, eng sharedLog) {
	engine, ok := eng.(*nats.Engine)
	if !ok {
		return
	}
	st, ok := engine.ServerStats()
	if !ok {
		return
	}
	metrics.WriteCounterUint64(w, "hub_nats_slow_consumers_total", st.SlowConsumers)
	metrics.WriteGaugeUint64(w, "hub_nats_stream_messages", st.Messages)
	metrics.WriteGaugeUint64(w, "hub_nats_stream_bytes", st.Bytes)
	metrics.WriteGaugeUint64(w, "hub_nats_stream_last_seq", st.LastSeq)
	metrics.WriteGaugeUint64(w, "hub_nats_routes", uint64(st.Routes))
	metrics.WriteGaugeFloat64(w, "hub_nats_meta_has_leader", truth(st.MetaLeader))
	metrics.WriteGaugeFloat64(w, "hub_nats_stream_has_leader", truth(st.StreamLeader))
	metrics.WriteGaugeUint64(w, "hub_nats_stream_replicas_offline", uint64(st.StreamOffline))
}
