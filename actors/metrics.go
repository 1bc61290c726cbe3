package actors

import (
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/asynkron/protoactor-go/actor"

	"example.org/hub/history"
)

// workerCounters are the figures of the hot path. Each worker has its own, so
// that counting a delivery never waits for another core; a scrape adds them up.
type workerCounters struct {
	events     atomic.Uint64 // live events that the kernel accepted
	replayed   atomic.Uint64 // events of replays that the kernel accepted
	bytes      atomic.Uint64
	heartbeats atomic.Uint64
	stalls     atomic.Uint64 // times that a socket was full
	deferred   atomic.Uint64 // events that found no room in a queue and come late
	conflated  atomic.Uint64
	gapped     atomic.Uint64
	refused    atomic.Uint64
	latency    [len(latencyBounds) + 1]atomic.Uint64
	latencySum atomic.Int64 // nanoseconds
	depth      [len(depthBounds) + 1]atomic.Uint64
	depthSum   atomic.Uint64
	_          [64]byte // keeps the next worker's counters off this cache line
}

// latencyBounds are the upper bounds of the delivery latency's buckets.
var latencyBounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// depthBounds are the upper bounds of how many frames leave in one write.
var depthBounds = [...]int{1, 2, 4, 8, 16, 32, 64, 128, 256}

// slow moves a tally into the counters.
func (w *workerCounters) slow(t *tally) {
	if *t == (tally{}) {
		return
	}
	w.deferred.Add(uint64(t.deferred))
	w.conflated.Add(uint64(t.conflated))
	w.gapped.Add(uint64(t.lost))
	w.refused.Add(uint64(t.refused))
	*t = tally{}
}

// wrote counts a write that took so many frames.
func (w *workerCounters) wrote(frames int) {
	i := 0
	for i < len(depthBounds) && frames > depthBounds[i] {
		i++
	}
	w.depth[i].Add(1)
	w.depthSum.Add(uint64(frames))
}

// delivered counts a live event and the time since it was published, which may
// lie ahead by the clock of another hub.
func (w *workerCounters) delivered(latency time.Duration) {
	latency = max(latency, 0)
	w.events.Add(1)
	w.latencySum.Add(int64(latency))
	i := 0
	for i < len(latencyBounds) && latency > latencyBounds[i] {
		i++
	}
	w.latency[i].Add(1)
}

// hubMetrics are the metrics of the tree.
type hubMetrics struct {
	hub          *Hub
	set          *metrics.Set
	connections  atomic.Int64
	users        atomic.Int64
	topics       atomic.Int64
	opened       *metrics.Counter
	routed       *metrics.Counter
	deadLetters  *metrics.Counter
	duration     *metrics.PrometheusHistogram
	replayTime   *metrics.PrometheusHistogram
	closedBy     map[Reason]*metrics.Counter
	replays      map[history.GapReason]*metrics.Counter
	faultsByKind map[string]*metrics.Counter
}

var closeReasons = []Reason{
	ReasonClient, ReasonClientData, ReasonSlow, ReasonWriteError, ReasonTokenExpired,
	ReasonRevoked, ReasonMaxAge, ReasonAdmin, ReasonDrain, ReasonGap, ReasonPanic, reasonOther,
}

// reasonOther counts a reason that a stream made up. Each name of its own would
// be a time series.
const reasonOther Reason = "other"

// newHubMetrics registers the metrics with every label value they can have, so
// that rates work from the first event on.
func newHubMetrics(set *metrics.Set, h *Hub) *hubMetrics {
	m := &hubMetrics{
		hub: h, set: set,
		opened:       set.NewCounter("hub_connections_opened_total"),
		routed:       set.NewCounter("hub_events_routed_total"),
		deadLetters:  set.NewCounter("hub_actor_dead_letters_total"),
		duration:     set.NewPrometheusHistogramExt("hub_connection_duration_seconds", metrics.ExponentialBuckets(1, 4, 10)),
		replayTime:   set.NewPrometheusHistogramExt("hub_replay_duration_seconds", metrics.ExponentialBuckets(10e-6, 4, 9)),
		closedBy:     map[Reason]*metrics.Counter{},
		replays:      map[history.GapReason]*metrics.Counter{},
		faultsByKind: map[string]*metrics.Counter{},
	}
	for _, r := range closeReasons {
		m.closedBy[r] = set.NewCounter(fmt.Sprintf(`hub_connections_closed_total{reason=%q}`, r))
	}
	for _, r := range []history.GapReason{"", history.GapExpired, history.GapEpoch, history.GapLimit} {
		result := "complete"
		if r != "" {
			result = "gap_" + string(r)
		}
		m.replays[r] = set.NewCounter(fmt.Sprintf(`hub_replay_requests_total{result=%q}`, result))
	}
	for _, kind := range []string{"connection", "user", "registry"} {
		m.faultsByKind[kind] = set.NewCounter(fmt.Sprintf(`hub_actor_failures_total{kind=%q}`, kind))
	}
	set.RegisterMetricsWriter(m.write)
	return m
}

func (m *hubMetrics) closed(reason Reason, c *connection) {
	if m.closedBy[reason] == nil {
		reason = reasonOther
	}
	m.closedBy[reason].Inc()
	m.duration.Update(time.Since(time.UnixMilli(c.since)).Seconds())
}

func (m *hubMetrics) replayed(began time.Time, gap *history.Gap) {
	m.replayTime.UpdateDuration(began)
	if gap == nil {
		m.replays[""].Inc()
	} else {
		m.replays[gap.Reason].Inc()
	}
}

func (m *hubMetrics) fault(kind string) { m.faultsByKind[kind].Inc() }

// gauges copies the registry's own figures to where others may read them.
func (m *hubMetrics) gauges(a *registry) {
	m.connections.Store(int64(len(a.index.all)))
	m.users.Store(int64(a.online))
	topics := len(a.index.topics)
	if a.index.topics[dashboardTopic] != nil {
		topics--
	}
	m.topics.Store(int64(topics))
}

// onActorEvent counts what protoactor reports: dead letters and failures. The
// message of a dead letter is not logged, since it may hold an event.
func (m *hubMetrics) onActorEvent(event any) {
	switch event := event.(type) {
	case *actor.DeadLetterEvent:
		m.deadLetters.Inc()
		m.hub.lost(event.Message)
	case *actor.SupervisorEvent:
		kind := "user"
		if event.Child.Id == registryName {
			kind = "registry"
		}
		m.fault(kind)
		m.hub.cfg.Log.Error("actor failed", "kind", kind, "fault", event.Reason)
	}
}

// sum adds up one counter of all workers.
func (m *hubMetrics) sum(counter func(*workerCounters) uint64) (total uint64) {
	for _, w := range m.hub.pool.workers {
		total += counter(&w.count)
	}
	return total
}

func (m *hubMetrics) events() uint64 {
	return m.sum(func(w *workerCounters) uint64 { return w.events.Load() })
}

// write appends what is counted by the workers to a scrape.
func (m *hubMetrics) write(w io.Writer) {
	metrics.WriteGaugeUint64(w, "hub_connections", uint64(m.connections.Load()))
	metrics.WriteGaugeUint64(w, "hub_users", uint64(m.users.Load()))
	metrics.WriteGaugeUint64(w, "hub_topics", uint64(m.topics.Load()))
	for _, c := range []struct {
		name string
		get  func(*workerCounters) uint64
	}{
		{"hub_events_delivered_total", func(w *workerCounters) uint64 { return w.events.Load() }},
		{"hub_replay_events_total", func(w *workerCounters) uint64 { return w.replayed.Load() }},
		{"hub_event_bytes_sent_total", func(w *workerCounters) uint64 { return w.bytes.Load() }},
		{"hub_heartbeats_sent_total", func(w *workerCounters) uint64 { return w.heartbeats.Load() }},
		{"hub_slow_consumer_stalls_total", func(w *workerCounters) uint64 { return w.stalls.Load() }},
		{"hub_slow_consumer_deferred_total", func(w *workerCounters) uint64 { return w.deferred.Load() }},
	} {
		metrics.WriteCounterUint64(w, c.name, m.sum(c.get))
	}
	m.writeDropped(w)
	m.writeQueues(w)
	m.writeLatency(w)
	m.writeDepth(w)
}

// writeQueues writes how much work waits: in the registry's mailbox, through
// which everything passes, and for a worker of the pool.
func (m *hubMetrics) writeQueues(w io.Writer) {
	metrics.WriteGaugeUint64(w, `hub_actor_mailbox_depth{kind="registry"}`, uint64(m.hub.inboxLen.Load()))
	express, bulk := m.hub.pool.waiting()
	const name = "hub_actor_run_queue_depth"
	metrics.WriteMetadataIfNeeded(w, name, "gauge")
	fmt.Fprintf(w, "%s{lane=\"express\"} %d\n%s{lane=\"bulk\"} %d\n", name, express, name, bulk)
}

// writeDropped writes what became of events that found no room.
func (m *hubMetrics) writeDropped(w io.Writer) {
	const name = "hub_events_dropped_total"
	metrics.WriteMetadataIfNeeded(w, name, "counter")
	fmt.Fprintf(w, "%s{reason=\"conflated\"} %d\n", name, m.sum(func(w *workerCounters) uint64 { return w.conflated.Load() }))
	fmt.Fprintf(w, "%s{reason=\"gap\"} %d\n", name, m.sum(func(w *workerCounters) uint64 { return w.gapped.Load() }))
	fmt.Fprintf(w, "%s{reason=\"disconnect\"} %d\n", name, m.sum(func(w *workerCounters) uint64 { return w.refused.Load() }))
}

// writeLatency writes the histogram from the publish to the socket.
func (m *hubMetrics) writeLatency(w io.Writer) {
	const name = "hub_delivery_latency_seconds"
	metrics.WriteMetadataIfNeeded(w, name, "histogram")
	var total uint64
	for i := range len(latencyBounds) + 1 {
		total += m.sum(func(w *workerCounters) uint64 { return w.latency[i].Load() })
		bound := "+Inf"
		if i < len(latencyBounds) {
			bound = fmt.Sprint(latencyBounds[i].Seconds())
		}
		fmt.Fprintf(w, "%s_bucket{le=%q} %d\n", name, bound, total)
	}
	nanos := m.sum(func(w *workerCounters) uint64 { return uint64(w.latencySum.Load()) })
	fmt.Fprintf(w, "%s_sum %g\n%s_count %d\n", name, time.Duration(nanos).Seconds(), name, total)
}

// writeDepth writes the histogram of frames that left in one write.
func (m *hubMetrics) writeDepth(w io.Writer) {
	const name = "hub_write_queue_depth"
	metrics.WriteMetadataIfNeeded(w, name, "histogram")
	var total uint64
	for i := range len(depthBounds) + 1 {
		total += m.sum(func(w *workerCounters) uint64 { return w.depth[i].Load() })
		bound := "+Inf"
		if i < len(depthBounds) {
			bound = strconv.Itoa(depthBounds[i])
		}
		fmt.Fprintf(w, "%s_bucket{le=%q} %d\n", name, bound, total)
	}
	sum := m.sum(func(w *workerCounters) uint64 { return w.depthSum.Load() })
	fmt.Fprintf(w, "%s_sum %d\n%s_count %d\n", name, sum, name, total)
}

// Stats returns the figures of this hub. It asks no actor.
func (h *Hub) Stats() Stats {
	m := h.metrics
	return Stats{
		Connections:      m.connections.Load(),
		Users:            m.users.Load(),
		Topics:           m.topics.Load(),
		EventsRouted:     m.routed.Get(),
		EventsDelivered:  m.events(),
		BytesSent:        m.sum(func(w *workerCounters) uint64 { return w.bytes.Load() }),
		SlowConsumers:    m.sum(func(w *workerCounters) uint64 { return w.stalls.Load() }),
		ConnectionsTotal: m.opened.Get(),
		Latencies:        m.latencies(),
	}
}
