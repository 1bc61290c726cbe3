package main

import (
	"context"
	"fmt"
	"time"

	"example.org/hub/bench/swarm"
)

// slowScenario broadcasts twice on the same schedule: to healthy readers, and
// with some of them replaced by ones that never read.
type slowScenario struct {
	Stuck     int           `help:"Readers that never read." default:"1000"`
	Rate      float64       `help:"Broadcasts a second." default:"5"`
	For       time.Duration `help:"Length of each phase." default:"15s"`
	Clog      int           `help:"Bytes sent to each stuck reader beforehand, to fill what the kernel buffers for it." default:"131072"`
	ClogEvent int           `help:"Bytes of data in each of those events." default:"4096"`
}

// Run is called by kong.
func (c *slowScenario) Run(o *options) error { return runScenario("slow", o, c, c) }

// Validate is called by kong.
func (c *slowScenario) Validate() error {
	for _, err := range []error{
		within("stuck", c.Stuck, 1, maxConns), within("rate", c.Rate, 0.1, 1e4), within("for", c.For, time.Second, 10*time.Minute),
		within("clog", c.Clog, 0, 64<<20), within("clog-event", c.ClogEvent, 64, maxSize),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *slowScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	if c.Stuck >= e.Conns {
		return nil, fmt.Errorf("slow: %d stuck readers among %d", c.Stuck, e.Conns)
	}
	out := &outcome{}
	healthy, err := c.phase(ctx, e, out, "healthy", 0)
	if err != nil {
		return nil, err
	}
	stuck, err := c.phase(ctx, e, out, "stuck", c.Stuck)
	if err != nil {
		return nil, err
	}
	out.add("p99_change", "%", 100*(float64(stuck)/float64(max(healthy, 1))-1))
	return out, nil
}

// phase measures a fresh target and returns the p99 of its healthy readers. The
// same messages clog it with stuck readers and without, so that what they leave
// in the target's log is in both figures.
func (c *slowScenario) phase(ctx context.Context, e *environment, out *outcome, name string, stuck int) (time.Duration, error) {
	s, err := e.start(ctx)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	sw, err := s.crowd(e, e.Conns, 1)
	if err != nil {
		return 0, err
	}
	defer sw.Close()
	good := e.Conns - stuck
	if _, err := s.open(e, sw, 0, good, false); err != nil {
		return 0, err
	}
	if stuck > 0 {
		if _, err := s.open(e, sw, good, stuck, true); err != nil {
			return 0, err
		}
	}
	if err := pause(ctx, e.Settle); err != nil {
		return 0, err
	}
	before, err := readUsage(s.pid)
	if err != nil {
		return 0, err
	}
	if err := c.clog(e, s); err != nil {
		return 0, err
	}
	p99, err := c.measure(ctx, e, s, sw, out, name, good)
	if err != nil {
		return 0, err
	}
	after, err := readUsage(s.pid)
	if err != nil {
		return 0, err
	}
	out.add(name+".rss_growth", "MB", (float64(after.rss)-float64(before.rss))/1e6)
	out.add(name+".rss_peak", "MB", float64(after.peak)/1e6)
	out.add(name+".kernel_socket_memory", "MB", float64(socketMemory())/1e6)
	if s.metrics {
		if page, err := s.readMetrics(ctx); err == nil && page[metricStreams] > 0 {
			out.add(name+".streams_left", "", page[metricStreams])
		}
	}
	return p99, nil
}

// clogSlot is a slot that no reader checks: the clogging events are no part of
// what is measured.
const clogSlot = swarm.MaxSlots - 1

// clog sends each of the last readers more than the kernel buffers for one that
// does not read.
func (c *slowScenario) clog(e *environment, s *server) error {
	const conns = 32
	pub, err := s.publisher(e, conns, c.ClogEvent)
	if err != nil {
		return err
	}
	defer pub.Close()
	sent := 0
	res, err := pub.Run(&swarm.Closed{
		Count: c.Stuck * (c.Clog / c.ClogEvent), Until: swarm.Never, Conns: conns,
		Message: func(int) swarm.Message {
			sent++
			return swarm.Message{Target: e.Conns - 1 - sent%c.Stuck, Stamp: swarm.Stamp{Slot: clogSlot, Seq: uint32(sent)}}
		},
	}, time.Hour, e.Timeout)
	if err != nil {
		return fmt.Errorf("clog: %w", err)
	}
	if res.Unanswered() > 0 {
		return fmt.Errorf("clog: %d messages were not accepted: %v", res.Unanswered(), res.Errors)
	}
	return nil
}

// measure broadcasts on a schedule and returns the p99 of the good readers.
func (c *slowScenario) measure(ctx context.Context, e *environment, s *server, sw *crowd, out *outcome, name string, good int) (time.Duration, error) {
	b, err := newBroadcaster(s, e, sw, good, 1)
	if err != nil {
		return 0, err
	}
	defer b.close()
	if _, err := b.rounds(3, e.Timeout); err != nil {
		return 0, fmt.Errorf("warm up: %w", err)
	}
	sw.Collect()
	defer e.profile(ctx, s, "slow-"+name)()
	m, err := startMeter(s)
	if err != nil {
		return 0, err
	}
	e.bar.enter(name, c.For)
	m.watch = watchFor(ctx, name, sw, s)
	defer m.watch.finish(nil)
	events := max(int(c.Rate*c.For.Seconds()), 1)
	res, err := b.atRate(ctx, events, c.Rate, c.For+e.Timeout)
	if err != nil {
		return 0, err
	}
	if err := m.stop(); err != nil {
		return 0, err
	}
	st := m.watch.finish(out)
	addLatency(out, name+".latency", st.Corrected)
	out.add(name+".late", "", float64(res.Late))
	out.add(name+".cpu_us_per_delivery", "us", micros(m.cpu)/float64(max(st.Delivered, 1)))
	m.addCores(out, name+".")
	checkDelivery(out, name, uint64(events)*uint64(good), &st, b.missing())
	if res.Dropped > 0 {
		out.fail("%s: %d broadcasts could not be sent in time", name, res.Dropped)
	}
	return st.Corrected.Quantile(0.99), nil
}
