package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/hub/bench/swarm"
)

// resumeScenario breaks all streams at once and lets them come back, each with
// the id of its last event, for what was sent meanwhile.
type resumeScenario struct {
	Missed int `help:"Broadcasts that each reader misses." default:"20"`
	Own    int `help:"Messages of its own that each reader misses." default:"1"`
	AtOnce int `help:"Streams on their way at once; 0 for all of them." default:"2000"`
}

// The event streams that each reader checks.
const (
	resumeBroadcasts = iota
	resumeOwn
	resumeSlots
)

// The hub's metrics that say whether it needed its engine: scans read the log
// behind the window.
const metricScans = "hub_replay_scans_total"

// Run is called by kong.
func (r *resumeScenario) Run(o *options) error {
	return runOnHub("resume", o, r) // the baselines replay nothing
}

// runOnHub runs a scenario that only a hub can do.
func runOnHub(name string, o *options, s scenario) error {
	o.Baselines = []string{"none"}
	if len(o.targets()) == 0 {
		return fmt.Errorf("%s: give start-hub or target", name)
	}
	return runScenario(name, o, s, s)
}

// Validate is called by kong.
func (r *resumeScenario) Validate() error {
	return errors.Join(
		within("missed", r.Missed, 1, 1000),
		within("own", r.Own, 0, 50),
		within("at-once", r.AtOnce, 0, maxConns),
	)
}

func (r *resumeScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	s, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	sw, err := s.crowd(e, e.Conns, resumeSlots)
	if err != nil {
		return nil, err
	}
	defer sw.Close()
	if _, err := s.open(e, sw, 0, e.Conns, false); err != nil {
		return nil, err
	}
	l := &resumeLoad{env: e, server: s, last: make([]uint32, e.Conns)}
	if err := l.publish(3, 0); err != nil { // every reader has seen an id, at the latest now
		return nil, fmt.Errorf("warm up: %w", err)
	}
	if err := waitFor(ctx, e.Timeout, func() bool { return sw.Delivered() >= uint64(3*e.Conns) }); err != nil {
		return nil, err
	}
	if err := sw.Cut(0, e.Conns); err != nil {
		return nil, err
	}
	if err := s.awaitStreams(ctx, 0, e.Timeout); err != nil {
		return nil, err
	}
	if err := l.publish(r.Missed, r.Own); err != nil {
		return nil, err
	}
	if err := pause(ctx, e.Settle); err != nil {
		return nil, err
	}
	return r.storm(ctx, e, s, sw, l)
}

// storm lets all come back and waits until they have everything.
func (r *resumeScenario) storm(ctx context.Context, e *environment, s *server, sw *crowd, l *resumeLoad) (*outcome, error) {
	before, err := s.readMetrics(ctx)
	if err != nil {
		return nil, err
	}
	sw.Collect()
	defer e.profile(ctx, s, "resume")()
	m, err := startMeter(s)
	if err != nil {
		return nil, err
	}
	e.bar.enter("replay", 0)
	m.watch = watchFor(ctx, "replay", sw, s)
	defer m.watch.finish(nil)
	had, want := sw.Delivered(), uint64(e.Conns)*uint64(r.Missed+r.Own)
	atOnce := r.AtOnce
	if atOnce == 0 {
		atOnce = e.Conns
	}
	res, err := sw.Open(OpenArgs{Span: Span{0, e.Conns}, Concurrency: atOnce, Resume: true, Timeout: e.Timeout})
	if err != nil {
		return nil, err
	}
	back := time.Since(m.before.at)
	if err := waitFor(ctx, e.Timeout, func() bool { return sw.Delivered()-had >= want }); err != nil {
		return nil, err
	}
	if err := m.stop(); err != nil {
		return nil, err
	}
	after, err := s.readMetrics(ctx)
	if err != nil {
		return nil, err
	}
	out := &outcome{}
	st := m.watch.finish(out)
	r.report(out, e, m, back, &res, &st)
	checkDelivery(out, "replay", want, &st, sw.Missing(e.Conns, l.lastSent))
	if scans := after[metricScans] - before[metricScans]; scans > 0 {
		out.fail("%.0f replays read the engine: the window was too short for them", scans)
	}
	if res.Failed > 0 {
		out.fail("%d of %d streams did not come back: %v", res.Failed, e.Conns, res.Causes)
	}
	return out, nil
}

func (r *resumeScenario) report(out *outcome, e *environment, m *meter, back time.Duration, res *swarm.OpenResult, st *swarm.Stats) {
	n := float64(max(st.Delivered, 1))
	out.add("streams_back", "s", back.Seconds())
	out.add("all_replayed", "s", m.wall.Seconds())
	out.add("resumes_per_s", "1/s", float64(res.Opened)/back.Seconds())
	out.add("replayed_per_s", "1/s", n/m.wall.Seconds())
	out.add("cpu_us_per_resume", "us", micros(m.cpu)/float64(e.Conns))
	out.add("cpu_us_per_replayed_event", "us", micros(m.cpu)/n)
	m.addCores(out, "")
	addLatency(out, "first_byte", res.FirstByte)
	addLatency(out, "first_event", res.Ready)
}

// resumeLoad sends what readers miss.
type resumeLoad struct {
	env    *environment
	server *server
	casts  uint32
	last   []uint32 // by user
}

// publish sends broadcasts, then messages to each user.
func (l *resumeLoad) publish(casts, own int) error {
	if err := l.send(1, casts, func(int) swarm.Message {
		l.casts++
		return swarm.Message{Target: -1, Stamp: swarm.Stamp{Slot: resumeBroadcasts, Seq: l.casts}}
	}); err != nil || own == 0 {
		return err
	}
	return l.send(64, own*l.env.Conns, func(i int) swarm.Message {
		user := i % l.env.Conns
		l.last[user]++
		return swarm.Message{Target: user, Stamp: swarm.Stamp{Slot: resumeOwn, Seq: l.last[user]}}
	})
}

// send publishes as fast as the hub takes it: everything is due at once, and a
// user's messages keep their order on a connection.
func (l *resumeLoad) send(conns, count int, next func(i int) swarm.Message) error {
	pub, err := l.server.publisher(l.env, conns, l.env.Size)
	if err != nil {
		return err
	}
	defer pub.Close()
	res, err := pub.Run(&swarm.Open{
		Schedule: swarm.Schedule{Start: swarm.Now(), Rate: 1e9, Count: count},
		Message: func(i int) (swarm.Message, int) {
			m := next(i)
			return m, max(m.Target, 0) % conns
		},
	}, time.Hour, l.env.Timeout)
	if err == nil && res.Answered < uint64(count) {
		err = fmt.Errorf("%d of %d messages were accepted: %v", res.Answered, count, res.Errors)
	}
	return err
}

// lastSent is the last number sent to a user in a slot.
func (l *resumeLoad) lastSent(user, slot int) uint32 {
	if slot == resumeBroadcasts {
		return l.casts
	}
	return l.last[user]
}

// awaitStreams waits until the hub counts so many streams.
func (s *server) awaitStreams(ctx context.Context, want float64, limit time.Duration) error {
	var page map[string]float64
	var err error
	if werr := waitFor(ctx, limit, func() bool {
		page, err = s.readMetrics(ctx)
		return err != nil || page[metricStreams] == want
	}); werr != nil {
		return werr
	}
	if err == nil && page[metricStreams] != want {
		err = fmt.Errorf("the hub counts %.0f streams, want %.0f", page[metricStreams], want)
	}
	return err
}
