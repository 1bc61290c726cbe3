package main

import (
	"context"
	"time"
)

// holdScenario keeps idle connections open.
type holdScenario struct {
	Idle time.Duration `help:"How long the CPU of the idle server is measured: longer than a heartbeat." default:"20s"`
}

// Run is called by kong.
func (h *holdScenario) Run(o *options) error { return runScenario("hold", o, h, h) }

// Validate is called by kong.
func (h *holdScenario) Validate() error { return within("idle", h.Idle, time.Second, maxPhase) }

func (h *holdScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	s, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	if err := e.warm(ctx, s); err != nil {
		return nil, err
	}
	before, err := takeMemory(ctx, e, s)
	if err != nil {
		return nil, err
	}
	in := *e
	in.private = true
	e = &in
	sw, err := s.crowd(e, e.Conns, 1)
	if err != nil {
		return nil, err
	}
	defer sw.Close()
	out, opening := &outcome{}, watchOpen(ctx, sw, s)
	defer opening.finish(nil)
	if _, err := s.open(e, sw, 0, e.Conns, false); err != nil {
		return nil, err
	}
	opening.finish(out)
	generator, err := sw.memoryPerStream()
	if err != nil {
		return nil, err
	}
	after, err := takeMemory(ctx, e, s)
	if err != nil {
		return nil, err
	}
	h.reportMemory(out, e, before, after)
	out.add("generator_rss_per_stream", "B", generator)
	sw.Collect()
	m, err := startMeter(s)
	if err != nil {
		return nil, err
	}
	e.bar.enter("idle", h.Idle)
	if err := pause(ctx, h.Idle); err != nil {
		return nil, err
	}
	if err := m.stop(); err != nil {
		return nil, err
	}
	st := sw.Collect()
	out.add("idle_cpu_percent", "%", 100*m.cpu.Seconds()/m.wall.Seconds())
	out.add("idle_other_cores", "", max(m.machine-m.cpu-m.own, 0).Seconds()/m.wall.Seconds())
	out.add("idle_pings", "", float64(st.Pings))
	if s.metrics {
		page, err := s.readMetrics(ctx)
		if err != nil {
			return nil, err
		}
		out.add("idle_goroutines", "", page[metricGoroutines])
	}
	if live := sw.Live(); live != e.Conns {
		out.fail("%d of %d idle connections were closed", e.Conns-live, e.Conns)
	}
	return out, nil
}

// memory is what a server holds at one moment.
type memory struct {
	settled    usage // some time after the last activity
	collected  usage // after a collection was forced and some more time
	sockets    uint64
	slab       uint64
	heap       float64 // after the collection; 0 if the target has no metrics
	goroutines float64
}

// takeMemory lets the server settle, reads its memory, forces a collection, and
// reads it again.
func takeMemory(ctx context.Context, e *environment, s *server) (memory, error) {
	var m memory
	e.bar.enter("memory", 0)
	if err := pause(ctx, e.Settle); err != nil {
		return m, err
	}
	var err error
	if m.settled, err = s.usage(); err != nil {
		return m, err
	}
	m.collected, m.sockets, m.slab = m.settled, socketMemory(), slabMemory()
	if !s.metrics {
		return m, nil
	}
	for range 2 { // the second collection frees what the first only found
		if err := s.collectGarbage(ctx); err != nil {
			return m, err
		}
	}
	page, err := s.readMetrics(ctx)
	if err != nil {
		return m, err
	}
	m.heap, m.goroutines = page[metricHeap], page[metricGoroutines]
	if err := pause(ctx, e.Settle); err != nil {
		return m, err
	}
	m.collected, err = s.usage()
	return m, err
}

func (h *holdScenario) reportMemory(out *outcome, e *environment, before, after memory) {
	per := func(name string, before, after float64) {
		out.add(name, "B", (after-before)/float64(e.Conns))
	}
	// Both figures start from the settled server, before its first collection
	// was forced: what that gave back is not to the connections' credit.
	per("rss_per_connection", float64(before.settled.rss), float64(after.settled.rss))
	per("rss_per_connection_after_gc", float64(before.settled.rss), float64(after.collected.rss))
	per("pss_per_connection", float64(before.settled.pss), float64(after.settled.pss))
	per("kernel_buffers_per_connection", float64(before.sockets), float64(after.sockets))
	per("kernel_slab_per_connection", float64(before.slab), float64(after.slab))
	out.add("rss_before", "MB", float64(before.settled.rss)/1e6)
	out.add("rss_after", "MB", float64(after.settled.rss)/1e6)
	out.add("threads", "", float64(after.settled.threads))
	if after.goroutines > 0 {
		per("heap_per_connection_after_gc", before.heap, after.heap)
		out.add("goroutines", "", after.goroutines)
	}
}
