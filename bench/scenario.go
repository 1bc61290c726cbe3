package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"example.org/hub/bench/swarm"
)

// scenario is one question that is put to each target. run starts a fresh
// server by env.start and stops it before it returns.
type scenario interface {
	run(ctx context.Context, env *environment) (*outcome, error)
}

// environment is what a scenario runs in.
type environment struct {
	*options

	procs  int    // workers that the readers are in; 0 for this process
	target string // the name of what is measured
	round  int
	users  *users
	bar    *bar // nil where there is no terminal

	items bool // events are filled with records, which compress as real ones do
	gzip  bool // readers ask for gzip, and a hub that is started allows it

	perTopic int  // so many users share a topic that messages go to; 0 for messages to users
	private  bool // peers: a stream asks for what is sent to its user, not to all
}

// data is what events are filled with.
func (e *environment) data() dataFunc {
	if e.items {
		return swarm.AppendItems
	}
	return swarm.AppendData
}

// outcome is what one run of a scenario found.
type outcome struct {
	figures  []figure
	failures []string

	latencies []distribution // what the percentiles among the figures are taken from
	series    []series       // how each phase went
}

// figure is one measured number.
type figure struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
}

func (o *outcome) add(name, unit string, value float64) {
	o.figures = append(o.figures, figure{Name: name, Unit: unit, Value: value})
}

// fail notes why the run does not count.
func (o *outcome) fail(format string, args ...any) {
	o.failures = append(o.failures, fmt.Sprintf(format, args...))
}

// peerScenarios ask of a server only what a target file can describe.
var peerScenarios = []string{"connect", "hold", "fanout", "unicast", "topics"}

// runScenario runs every target in each round, so that what changes on the
// machine meanwhile meets all of them, and reports.
func runScenario(name string, opts *options, params any, s scenario) error {
	if len(opts.Peers) > 0 && !slices.Contains(peerScenarios, name) {
		return fmt.Errorf("peers: %s is not made for them, only %v", name, peerScenarios)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	limit, err := raiseFileLimit()
	if err != nil {
		return err
	}
	procs, err := planProcs(opts, limit, 1, os.Stderr)
	if err != nil {
		return err
	}
	if opts.Out != "" {
		if err := os.MkdirAll(opts.Out, 0o750); err != nil {
			return fmt.Errorf("make the output directory: %w", err)
		}
	}
	users, err := newUsers(opts)
	if err != nil {
		return err
	}
	rep := newReport(name, opts, params)
	if err := rep.runAll(ctx, s, &environment{options: opts, procs: procs, users: users}); err != nil {
		return err
	}
	return rep.write(os.Stdout, opts.Out)
}

// runAll runs every target in each round.
func (r *report) runAll(ctx context.Context, s scenario, e *environment) error {
	plan := e.schedule()
	e.bar = newBar(r.Scenario, e.Runs, len(plan))
	defer e.bar.end()
	for _, p := range plan {
		e.bar.run(p.number, p.target)
		if err := awaitQuiet(ctx, e.Quiet, e.bar); err != nil {
			return err
		}
		fmt.Fprintf(e.bar, "round %d/%d: %s %s\n", p.number, e.Runs, r.Scenario, p.target)
		env := *e
		env.options, env.target, env.round = e.optionsOf(p.target), p.target, p.number
		out, err := s.run(ctx, &env)
		if err != nil {
			return fmt.Errorf("round %d: %s: %w", p.number, p.target, err)
		}
		out.add("connections", "", float64(env.Conns))
		r.take(p.number, p.target, out)
		e.bar.ran()
		if err := pause(ctx, time.Second); err != nil { // for the sockets of this run to go away
			return err
		}
	}
	return nil
}

// plannedRun is a target in a round.
type plannedRun struct {
	number int // of the round
	target string
}

// schedule is what runs, in this order.
func (o *options) schedule() (plan []plannedRun) {
	for round := 1; round <= o.Runs; round++ {
		for _, target := range o.targets() {
			if f, err := o.peerNamed(target); err == nil && f != nil && f.Rounds > 0 && round > f.Rounds {
				continue
			}
			plan = append(plan, plannedRun{round, target})
		}
	}
	return plan
}

// optionsOf are the options for a target, which may not be given all streams.
func (o *options) optionsOf(target string) *options {
	f, err := o.peerNamed(target)
	if err != nil || f == nil || f.Most == 0 || f.Most >= o.Conns {
		return o
	}
	limited := *o
	limited.Conns = f.Most
	return &limited
}

// pause waits, or returns why it did not.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("interrupted: %w", ctx.Err())
	}
}
