package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/hub/bench/swarm"
)

// clusterScenario runs several hubs over one log, each with its streams, and
// publishes to all of them: more streams than one process may have files.
type clusterScenario struct {
	Hubs          int           `help:"Hubs; --conns is the number of streams of each." default:"3"`
	Broadcast     float64       `help:"Broadcasts a second, over the hubs in turn." default:"0.5"`
	Unicast       float64       `help:"Messages to single users a second, sent to any hub." default:"500"`
	For           time.Duration `help:"Length of each of the two phases." default:"20s"`
	EngineCommand string        `help:"Starts the log's server; {port} and {dir} are filled in, here and in each --hub-flag. Without it the first hub has NATS inside." placeholder:"COMMAND"`
}

// Run is called by kong.
func (c *clusterScenario) Run(o *options) error {
	if o.StartHub == "" {
		return errors.New("cluster: give start-hub")
	}
	return runOnHub("cluster", o, c)
}

// Validate is called by kong.
func (c *clusterScenario) Validate() error {
	return errors.Join(
		within("hubs", c.Hubs, 1, 16),
		within("broadcast", c.Broadcast, 0.01, 1e4),
		within("unicast", c.Unicast, 1, 1e6),
		within("for", c.For, 100*time.Millisecond, maxPhase),
	)
}

func (c *clusterScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	r := &clusterRun{clusterScenario: c, env: e, out: &outcome{}, all: &crowd{}}
	defer r.close()
	if err := r.start(ctx); err != nil {
		return nil, err
	}
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	r.casts = make([]uint32, c.Hubs)
	r.mail = make([]uint32, c.Hubs*e.Conns)
	if err := r.phase(ctx, "broadcast", c.Broadcast, 1, r.broadcasts, e.Conns*c.Hubs); err != nil {
		return nil, err
	}
	if err := r.phase(ctx, "unicast", c.Unicast, clusterPublishers, r.unicasts, 1); err != nil {
		return nil, err
	}
	return r.out, nil
}

// clusterRun is a run of the cluster.
type clusterRun struct {
	*clusterScenario

	env    *environment
	out    *outcome
	engine *engineProcess
	dir    string
	hubs   []*server
	all    *crowd
	casts  []uint32 // by hub: the last broadcast sent to it
	mail   []uint32 // by user: the last message sent to it
}

// open opens the streams of all hubs in workers, at once, and reports what each costs.
func (r *clusterRun) open(ctx context.Context) error {
	var before []memory
	crowds := make([]*crowd, 0, len(r.hubs))
	for i, s := range r.hubs {
		m, err := takeMemory(ctx, r.env, s)
		if err != nil {
			return err
		}
		before = append(before, m)
		procs := max((r.env.Procs+r.Hubs-1)/r.Hubs, 1)
		own, err := s.crowdOf(r.env, i*r.env.Conns, r.env.Conns, r.Hubs+1, procs)
		if err != nil {
			return errors.Join(err, join(crowds...).Close())
		}
		crowds = append(crowds, own)
	}
	r.all = join(crowds...)
	n := r.Hubs * r.env.Conns
	begun := time.Now()
	if _, err := r.hubs[0].open(r.env, r.all, 0, n, false); err != nil {
		return err
	}
	r.out.add("streams", "", float64(n))
	r.out.add("connections_per_s", "1/s", float64(n)/time.Since(begun).Seconds())
	generator, err := r.all.memoryPerStream()
	if err != nil {
		return err
	}
	r.out.add("generator_rss_per_stream", "B", generator)
	for i, s := range r.hubs {
		m, err := takeMemory(ctx, r.env, s)
		if err != nil {
			return err
		}
		per := float64(m.settled.rss) - float64(before[i].settled.rss)
		r.out.add(hubFigure(i, "rss_per_connection"), "B", per/float64(r.env.Conns))
		r.out.add(hubFigure(i, "goroutines"), "", m.goroutines)
	}
	return nil
}

func hubFigure(i int, name string) string { return fmt.Sprintf("hub%d.%s", i+1, name) }

// phase sends on a schedule to all hubs, waits for the last delivery, and reports.
// A message leaves on one of conns connections of its hub and has fan readers.
func (r *clusterRun) phase(ctx context.Context, name string, rate float64, conns int, next func(hub int) func(int) (swarm.Message, int), fan int) error {
	r.all.Collect()
	meters := make([]*meter, len(r.hubs))
	for i, s := range r.hubs {
		var err error
		if meters[i], err = startMeter(s); err != nil {
			return err
		}
	}
	r.env.bar.enter(name, r.For)
	w := watchFor(ctx, name, r.all, r.hubs...)
	defer w.finish(nil)
	meters[0].watch = w
	had := r.all.Delivered()
	res, err := r.send(rate, conns, next)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	want := res.Sent * uint64(fan)
	if err := waitFor(ctx, r.env.Timeout, func() bool { return r.all.Delivered()-had >= want }); err != nil {
		return err
	}
	for _, m := range meters {
		if err := m.stop(); err != nil {
			return err
		}
	}
	st := w.finish(r.out)
	r.report(name, meters, &st, &res)
	checkDelivery(r.out, name, want, &st, r.all.Missing(r.Hubs*r.env.Conns, r.lastSent))
	if res.Dropped > 0 {
		r.out.fail("%s: %d messages could not be sent in time", name, res.Dropped)
	}
	return r.all.Err()
}

func (r *clusterRun) report(name string, meters []*meter, st *swarm.Stats, res *swarm.PublishResult) {
	n := float64(max(st.Delivered, 1))
	var cpu time.Duration
	for _, m := range meters {
		cpu += m.cpu
	}
	r.out.add(name+".cpu_us_per_delivery", "us", micros(cpu)/n)
	r.out.add(name+".deliveries_per_s", "1/s", n/meters[0].wall.Seconds())
	for i, m := range meters {
		r.out.add(hubFigure(i, name+".cores"), "", m.cpu.Seconds()/m.wall.Seconds())
		if name == "broadcast" { // each hub delivers the same number
			r.out.add(hubFigure(i, name+".cpu_us_per_delivery"), "us", micros(m.cpu)/n*float64(r.Hubs))
		}
	}
	addLatency(r.out, name+".latency", st.Corrected)
	addLatency(r.out, name+".uncorrected", st.Actual)
	r.out.add(name+".late", "", float64(res.Late))
	r.out.add(name+".response_p99", "ms", millis(res.Response.Quantile(0.99)))
}
