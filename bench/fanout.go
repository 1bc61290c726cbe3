package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.org/hub/bench/swarm"
)

// fanoutScenario broadcasts to all connections.
type fanoutScenario struct {
	Events int     `help:"Broadcasts in each measured phase." default:"50"`
	Depth  []int   `help:"Events under way at once; each number is a phase of its own." default:"1,8"`
	Gzip   bool    `help:"Fill events with JSON records, and run each phase of the hub again with readers that ask for gzip."`
	Rate   float64 `help:"One more phase: broadcasts a second on a fixed schedule; 0 for none."`
}

// Run is called by kong.
func (f *fanoutScenario) Run(o *options) error { return runScenario("fanout", o, f, f) }

// Validate is called by kong.
func (f *fanoutScenario) Validate() error {
	for _, d := range f.Depth {
		if err := within("depth", d, 1, swarm.MaxSlots); err != nil {
			return err
		}
	}
	if err := within("rate", f.Rate, 0, 1e6); err != nil {
		return err
	}
	return within("events", f.Events, 1, 1_000_000)
}

func (f *fanoutScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	phases := make([]fanoutPhase, 0, len(f.Depth)+1)
	for _, d := range f.Depth {
		phases = append(phases, fanoutPhase{name: fmt.Sprintf("depth%d", d), slots: d, events: f.Events})
	}
	if f.Rate > 0 {
		phases = append(phases, fanoutPhase{name: "rate", slots: 8, events: f.Events, rate: f.Rate})
	}
	if f.Gzip && e.target == targetHub {
		for _, p := range slices.Clone(phases) {
			p.name, p.gzip = p.name+".gzip", true
			phases = append(phases, p)
		}
	}
	env := *e
	env.items = f.Gzip
	out := &outcome{}
	for _, p := range phases {
		env.gzip = p.gzip
		if err := p.run(ctx, &env, out); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return out, nil
}

// fanoutPhase is one measurement: with a fixed number of events under way, or on
// a schedule if there is a rate.
type fanoutPhase struct {
	name   string
	slots  int
	events int
	rate   float64
	gzip   bool
}

// run opens the connections of a fresh target, warms up, and measures. A target
// that served the phase before may still hold its streams: some notice that a
// client went only when they write.
func (p fanoutPhase) run(ctx context.Context, e *environment, out *outcome) error {
	s, err := e.start(ctx)
	if err != nil {
		return err
	}
	defer s.stop()
	sw, err := s.crowd(e, e.Conns, p.slots)
	if err != nil {
		return err
	}
	defer sw.Close()
	if _, err := s.open(e, sw, 0, e.Conns, false); err != nil {
		return err
	}
	b, err := newBroadcaster(s, e, sw, e.Conns, p.slots)
	if err != nil {
		return err
	}
	defer b.close()
	e.bar.enter(p.name+", warm up", 0)
	if _, err := b.rounds(2*p.slots+3, e.Timeout); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	if err := pause(ctx, e.Settle); err != nil {
		return err
	}
	sw.Collect()
	defer e.profile(ctx, s, "fanout-"+p.name)()
	return p.measure(ctx, e, s, b, out)
}

func (p fanoutPhase) measure(ctx context.Context, e *environment, s *server, b *broadcaster, out *outcome) error {
	m, err := startMeter(s)
	if err != nil {
		return err
	}
	e.bar.enter(p.name, p.length())
	m.watch = watchFor(ctx, p.name, b.sw, s)
	defer m.watch.finish(nil)
	var res swarm.PublishResult
	if p.rate > 0 {
		res, err = b.atRate(ctx, p.events, p.rate, e.Timeout)
	} else {
		res, err = b.rounds(p.events, e.Timeout)
	}
	if err != nil {
		return err
	}
	if err := m.stop(); err != nil {
		return err
	}
	st := m.watch.finish(out)
	p.report(out, m, &st, &res)
	checkDelivery(out, p.name, uint64(p.events)*uint64(b.n), &st, b.missing())
	if res.Dropped > 0 {
		out.fail("%s: %d broadcasts could not be sent in time", p.name, res.Dropped)
	}
	return nil
}

// length is how long the phase takes; 0 if nobody knows.
func (p fanoutPhase) length() time.Duration {
	if p.rate == 0 {
		return 0
	}
	return time.Duration(float64(p.events) / p.rate * 1e9)
}

func (p fanoutPhase) report(out *outcome, m *meter, st *swarm.Stats, res *swarm.PublishResult) {
	n := float64(max(st.Delivered, 1))
	out.add(p.name+".cpu_us_per_delivery", "us", micros(m.cpu)/n)
	out.add(p.name+".bytes_per_delivery", "B", float64(st.Bytes)/n)
	out.add(p.name+".cpu_ms_per_event", "ms", millis(m.cpu)/float64(p.events))
	out.add(p.name+".deliveries_per_s", "1/s", n/m.wall.Seconds())
	out.add(p.name+".events_per_read", "", n/float64(max(st.Reads, 1)))
	out.add(p.name+".switches_per_1000_deliveries", "", 1000*float64(m.switches)/n)
	m.addCores(out, p.name+".")
	addLatency(out, p.name+".latency", st.Corrected)
	if p.rate > 0 {
		addLatency(out, p.name+".uncorrected", st.Actual)
		out.add(p.name+".late", "", float64(res.Late))
	}
	out.add(p.name+".response_p99", "ms", millis(res.Response.Quantile(0.99)))
}
