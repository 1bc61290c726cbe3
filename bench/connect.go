package main

import "context"

// connectScenario opens the connections once and closes them.
type connectScenario struct{}

// Run is called by kong.
func (c *connectScenario) Run(o *options) error { return runScenario("connect", o, c, c) }

func (c *connectScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	s, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	if err := e.warm(ctx, s); err != nil {
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
	defer e.profile(ctx, s, "connect")()
	m, err := startMeter(s)
	if err != nil {
		return nil, err
	}
	m.watch = watchOpen(ctx, sw, s)
	defer m.watch.finish(nil)
	res, err := s.open(e, sw, 0, e.Conns, false)
	if err != nil {
		return nil, err
	}
	if err := m.stop(); err != nil {
		return nil, err
	}
	out := &outcome{}
	m.watch.finish(out)
	n := float64(e.Conns)
	out.add("cpu_us_per_connection", "us", micros(m.cpu)/n)
	out.add("connections_per_s", "1/s", n/m.wall.Seconds())
	out.add("switches_per_connection", "", float64(m.switches)/n)
	m.addCores(out, "")
	addLatency(out, "first_byte", res.FirstByte)
	addLatency(out, "first_event", res.Ready)
	return out, nil
}
