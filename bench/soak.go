package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// soakScenario runs everything at once for as long as it is told: steady messages,
// streams that leave and come back, readers that are slow or stuck, and restarts of
// the engine. It asks whether the hub loses anything, and whether it grows.
type soakScenario struct {
	Readers       int           `help:"Streams that read, each of a user of its own." default:"2000"`
	Stuck         int           `help:"Streams that never read; the hub ends them, and others come." default:"50"`
	Slow          int           `help:"Streams that read less than is sent to them, and come back when the hub ends them." default:"50"`
	SlowRate      int           `help:"Bytes a second that a slow stream reads." default:"100"`
	For           time.Duration `help:"Length of the run." default:"1h"`
	Warm          time.Duration `help:"How much of the start is left out of the slopes; 0 for a quarter of the run. The hub's window fills for --window-age." default:"0"`
	Rate          float64       `help:"Messages a second on a fixed schedule." default:"200"`
	Broadcast     int           `help:"One message in so many goes to everybody." default:"100"`
	Churn         float64       `help:"Streams a second that leave, and come back within seconds." default:"10"`
	Sample        time.Duration `help:"Time between two samples." default:"10s"`
	EngineCommand string        `help:"Starts the hub's engine; {port} and {dir} are filled in, here and in each --hub-flag." placeholder:"COMMAND"`
	EngineRestart time.Duration `help:"Time between two restarts of the engine, killed and ended in good order in turn; 0 for none." default:"5m"`
	EngineDown    time.Duration `help:"How long the engine stays away." default:"3s"`
	MaxSlope      float64       `help:"Growth an hour that still counts as flat, in per cent of the mean; it has to be surpassed by two standard errors." default:"5"`
}

// Run is called by kong.
func (c *soakScenario) Run(o *options) error {
	o.Baselines = []string{"none"} // they neither resume nor have an engine
	o.Conns = c.Readers + c.Slow + c.Stuck
	return runScenario("soak", o, c, c)
}

// Validate is called by kong.
func (c *soakScenario) Validate() error {
	return errors.Join(
		within("readers", c.Readers, 1, 8000),
		within("stuck", c.Stuck, 0, 2000),
		within("slow", c.Slow, 0, 2000),
		within("slow-rate", c.SlowRate, 1, 1<<20),
		within("for", c.For, 10*time.Second, 72*time.Hour),
		within("warm", c.Warm, 0, c.For/2),
		within("rate", c.Rate, 1, 1e4),
		within("broadcast", c.Broadcast, 1, 1_000_000),
		within("churn", c.Churn, 0, 1e3),
		within("sample", c.Sample, time.Second, c.For/5),
		within("engine-down", c.EngineDown, 0, time.Minute),
		within("max-slope", c.MaxSlope, 0.1, 1000),
	)
}

func (c *soakScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	eng, err := startEngine(ctx, c.EngineCommand)
	if err != nil {
		return nil, err
	}
	defer eng.stop()
	with := *e
	opts := *e.options
	opts.HubFlag = eng.fill(opts.HubFlag)
	with.options = &opts
	s, err := with.start(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	out := &outcome{}
	watch := newSoakWatch(s, c)
	crowd, err := newSoakCrowd(ctx, &with, s, c)
	if err != nil {
		return nil, err
	}
	defer crowd.close()
	press, err := newSoakPress(s, crowd, c)
	if err != nil {
		return nil, err
	}
	c.last(ctx, eng, crowd, press, watch)
	crowd.settle(ctx, press)
	crowd.report(out, press)
	watch.report(out, c)
	out.add("engine_restarts", "", float64(eng.restarts))
	if e.Out != "" {
		path := filepath.Join(e.Out, fmt.Sprintf("soak-%s-round%d.csv", watch.began.UTC().Format("20060102T150405"), e.round))
		if err := os.WriteFile(path, []byte(watch.csv()), 0o600); err != nil {
			return nil, fmt.Errorf("save the samples: %w", err)
		}
	}
	return out, ctx.Err()
}

// last lets everything happen until the time is over.
func (c *soakScenario) last(ctx context.Context, eng *engineProcess, crowd *soakCrowd, press *soakPress, watch *soakWatch) {
	running, cancel := context.WithTimeout(ctx, c.For)
	defer cancel()
	var parts sync.WaitGroup
	parts.Go(func() { press.run(running) })
	parts.Go(func() { crowd.replaceStuck(running) })
	parts.Go(func() { watch.run(running, crowd) })
	if c.EngineCommand != "" && c.EngineRestart > 0 {
		parts.Go(func() { eng.torment(running, c.EngineRestart, c.EngineDown) })
	}
	parts.Wait()
}

// engineProcess is what the hub keeps its log in, if it is a program of its own.
type engineProcess struct {
	command  string
	child    *child
	dir      string
	restarts int
	replace  *strings.Replacer
}

// startEngine starts the program of a command line; without one nothing is started.
func startEngine(ctx context.Context, command string) (*engineProcess, error) {
	p := &engineProcess{command: command}
	if command == "" {
		p.replace = strings.NewReplacer()
		return p, nil
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp("", "bench-engine-"); err != nil {
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	p.replace = strings.NewReplacer("{port}", strconv.Itoa(int(addr.Port())), "{dir}", p.dir)
	if err := p.start(); err != nil {
		removeFiles(p.dir)
		return nil, err
	}
	return p, pause(ctx, time.Second)
}

func (p *engineProcess) start() (err error) {
	args := strings.Fields(p.replace.Replace(p.command))
	if p.child, err = spawnChild(args[0], args[1:], os.Environ()); err != nil {
		return fmt.Errorf("start the engine: %w", err)
	}
	return nil
}

// fill fills the port and the directory into flags.
func (p *engineProcess) fill(flags []string) []string {
	filled := make([]string, len(flags))
	for i, f := range flags {
		filled[i] = p.replace.Replace(f)
	}
	return filled
}

// torment restarts the engine again and again, until ctx ends with the engine up.
func (p *engineProcess) torment(ctx context.Context, every, down time.Duration) {
	for pause(ctx, every) == nil {
		if p.restarts%2 == 0 {
			p.child.stop()
		} else {
			p.child.end()
		}
		_ = pause(ctx, down) // if it is the end, the engine is needed once more
		if err := p.start(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			return
		}
		p.restarts++
	}
}

func (p *engineProcess) stop() {
	if p.child != nil {
		p.child.stop()
	}
	removeFiles(p.dir)
}
