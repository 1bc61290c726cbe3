package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/hub/bench/swarm"
)

// churnScenario opens and closes streams at a fixed rate while others receive
// broadcasts: first the same load without churn, then with it, then it looks
// for what the closed streams have left behind.
type churnScenario struct {
	Rate      float64       `help:"Streams a second that come; as many go." default:"200"`
	Pool      int           `help:"Streams that come and go, part of --conns: at a rate of r each lives pool/r seconds." default:"2000"`
	Broadcast float64       `help:"Broadcasts a second to all." default:"2"`
	For       time.Duration `help:"Length of each of the two phases." default:"15s"`
}

// churnBatch is the time between two batches of streams: a batch is opened side
// by side, as clients behind a load balancer come.
const churnBatch = 50 * time.Millisecond

// Run is called by kong.
func (c *churnScenario) Run(o *options) error { return runScenario("churn", o, c, c) }

// Validate is called by kong.
func (c *churnScenario) Validate() error {
	return errors.Join(
		within("rate", c.Rate, 1/churnBatch.Seconds(), 1e5),
		within("pool", c.Pool, 1, maxConns),
		within("broadcast", c.Broadcast, 0.1, 1e4),
		within("for", c.For, 200*time.Millisecond, maxPhase),
	)
}

func (c *churnScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	if batch := int(c.Rate * churnBatch.Seconds()); c.Pool >= e.Conns || batch > c.Pool {
		return nil, fmt.Errorf("churn: a pool of %d among %d connections, %d at a time", c.Pool, e.Conns, batch)
	}
	s, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	r := &churnRun{churnScenario: c, env: e, server: s, out: &outcome{}}
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	defer r.close()
	calm, err := r.phase(ctx, "calm", nil)
	if err != nil {
		return nil, err
	}
	passage := &passage{}
	churn, err := r.phase(ctx, "churn", passage)
	if err != nil {
		return nil, err
	}
	r.reportPassage(passage, calm, churn)
	return r.out, r.leaks(ctx, passage.opened)
}

// churnRun is a run on one target.
type churnRun struct {
	*churnScenario

	env    *environment
	server *server
	out    *outcome
	steady *crowd // those that stay
	pool   *crowd // those that come and go
	load   *broadcaster
	before remains // with the steady streams alone
}

// passage is what came of the streams that came and went.
type passage struct {
	opened, failed, late int
	ready                *swarm.Latency
	causes               map[string]int
}

func (r *churnRun) open(ctx context.Context) (err error) {
	n := r.env.Conns - r.Pool
	if err := r.env.warm(ctx, r.server); err != nil {
		return err
	}
	if r.steady, err = r.server.crowd(r.env, n, 1); err != nil {
		return err
	}
	if _, err = r.server.open(r.env, r.steady, 0, n, false); err != nil {
		return err
	}
	if r.load, err = newBroadcaster(r.server, r.env, r.steady, n, 1); err != nil {
		return err
	}
	if _, err = r.load.rounds(20, r.env.Timeout); err != nil {
		return err
	}
	if r.before, err = takeRemains(ctx, r.env, r.server); err != nil {
		return err
	}
	if r.pool, err = r.server.crowd(r.env, r.env.Conns, 1); err != nil {
		return err
	}
	_, err = r.server.open(r.env, r.pool, n, r.Pool, false)
	return err
}

func (r *churnRun) close() {
	for _, sw := range []*crowd{r.steady, r.pool} {
		if sw != nil {
			_ = sw.Close() // its failure would have shown before
		}
	}
	if r.load != nil {
		r.load.close()
	}
}

// phase broadcasts on a schedule, with churn if p is not nil, and returns the CPU
// time that the target took for it.
func (r *churnRun) phase(ctx context.Context, name string, p *passage) (time.Duration, error) {
	r.steady.Collect()
	defer r.env.profile(ctx, r.server, "churn-"+name)()
	m, err := startMeter(r.server)
	if err != nil {
		return 0, err
	}
	r.env.bar.enter(name, r.For)
	m.watch = watchFor(ctx, name, r.steady, r.server)
	defer m.watch.finish(nil)
	end, stop := context.WithTimeout(ctx, r.For)
	defer stop()
	churned := make(chan error, 1)
	go func() {
		if p == nil {
			churned <- nil
			return
		}
		churned <- r.churn(end, p)
	}()
	events := max(int(r.Broadcast*r.For.Seconds()), 1)
	res, err := r.load.atRate(ctx, events, r.Broadcast, r.For+r.env.Timeout)
	if err := errors.Join(err, <-churned); err != nil {
		return 0, err
	}
	if rest := time.Until(m.before.at.Add(r.For)); rest > 0 { // so that both phases have the same heartbeats
		if err := pause(ctx, rest); err != nil {
			return 0, err
		}
	}
	if err := m.stop(); err != nil {
		return 0, err
	}
	st := m.watch.finish(r.out)
	addLatency(r.out, name+".latency", st.Corrected)
	r.out.add(name+".late", "", float64(res.Late))
	m.addCores(r.out, name+".")
	checkDelivery(r.out, name, uint64(events)*uint64(r.load.n), &st, r.load.missing())
	if res.Dropped > 0 {
		r.out.fail("%s: %d broadcasts could not be sent in time", name, res.Dropped)
	}
	return m.cpu, nil
}

// churn replaces the oldest streams of the pool, batch by batch at times fixed
// beforehand. A batch that begins more than an interval late is counted.
func (r *churnRun) churn(ctx context.Context, p *passage) error {
	first, batch := r.env.Conns-r.Pool, int(r.Rate*churnBatch.Seconds())
	p.ready, p.causes = swarm.NewLatency(), map[string]int{}
	schedule := swarm.Schedule{Start: swarm.Now(), Rate: r.Rate / float64(batch)}
	for i, at := 0, 0; ; i++ {
		if pause(ctx, time.Duration(schedule.Due(i)-swarm.Now())) != nil {
			return nil
		}
		if swarm.Now()-schedule.Due(i) > int64(churnBatch) {
			p.late += batch
		}
		if at+batch > r.Pool {
			at = 0
		}
		if err := r.pool.Cut(first+at, batch); err != nil {
			return err
		}
		res, err := r.pool.Open(OpenArgs{Span: Span{first + at, batch}, Concurrency: batch, Timeout: r.env.Timeout})
		if err != nil {
			return err
		}
		at += batch
		p.opened += res.Opened
		p.failed += res.Failed
		p.ready.Merge(res.Ready)
		for cause, n := range res.Causes {
			p.causes[cause] += n
		}
	}
}

func (r *churnRun) reportPassage(p *passage, calm, churn time.Duration) {
	r.out.add("opened", "", float64(p.opened))
	r.out.add("opened_per_s", "1/s", float64(p.opened)/r.For.Seconds())
	r.out.add("opened_late", "", float64(p.late))
	r.out.add("cpu_us_per_stream", "us", micros(churn-calm)/float64(max(p.opened, 1)))
	addLatency(r.out, "first_event", p.ready)
	if p.failed > 0 {
		r.out.fail("%d streams were refused: %v", p.failed, p.causes)
	}
}
