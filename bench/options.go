package main

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// options are the flags that all scenarios share.
type options struct {
	StartHub   string   `help:"Start this hub binary for each run and measure it." placeholder:"PATH" type:"existingfile"`
	HubFlag    []string `help:"One more flag for the hub that is started; may be repeated." placeholder:"FLAG" sep:"none"`
	Target     string   `help:"Public address of a running hub, host:port." placeholder:"ADDR"`
	Internal   string   `help:"Internal address of a running hub." default:"127.0.0.1:8081" placeholder:"ADDR"`
	PID        int      `name:"pid" help:"Process of a running hub; found by its port if not given."`
	SecretFile string   `name:"jwt-secret-file" help:"HS256 secret of a running hub." placeholder:"FILE"`
	APIKey     string   `name:"api-key" help:"API key of a running hub, with all scopes." env:"BENCH_API_KEY"`
	Baselines  []string `help:"Baselines to run beside it: floor, plain, or none." default:"floor,plain"`

	Peers []string `help:"Servers to run beside it: names of target files that are shipped (nchan, pushpin, ..), or paths." placeholder:"PEER"`

	Runs        int           `help:"Rounds; each runs every target once, in turn." default:"1"`
	Conns       int           `help:"Connections, each of a user of its own." default:"15000"`
	Size        int           `help:"Bytes of data in an event." default:"200"`
	Concurrency int           `help:"Connections that are being opened at once." default:"128"`
	Workers     int           `help:"Goroutines that read." default:"1"`
	Procs       int           `help:"Worker processes that the readers are in; 0 for as many as the limit of files demands, in this process if it has room." default:"0"`
	Sources     int           `help:"Loopback addresses that the connections come from." default:"16"`
	Settle      time.Duration `help:"Pause before memory and CPU are read." default:"2s"`
	Quiet       time.Duration `help:"Wait so long before each run for others to leave the machine alone." default:"0"`
	Timeout     time.Duration `help:"Limit for each phase of a run." default:"60s"`

	Out         string        `help:"Directory for the JSON report, and for profiles." placeholder:"DIR"`
	Pprof       time.Duration `help:"Take a CPU profile of the hub for so long from the start of each measured phase; needs --out."`
	AllowRemote bool          `help:"Allow a target that is not on this machine. It gets the full load: ask its owner first."`
}

// The bounds of what may be asked for, so that a slip of the pen cannot run for ever.
const (
	maxRuns    = 100
	maxConns   = 200_000
	maxSize    = 60 << 10
	maxPhase   = time.Hour
	maxWorkers = 64
)

// Validate is called by kong when the command line is read.
func (o *options) Validate() error {
	for _, b := range o.Baselines {
		if !slices.Contains([]string{"floor", "plain", "none"}, b) {
			return fmt.Errorf("baselines: want floor, plain or none, not %q", b)
		}
	}
	for _, p := range o.Peers {
		if _, err := loadPeer(p); err != nil {
			return err
		}
	}
	if o.StartHub != "" && o.Target != "" {
		return errors.New("start-hub and target exclude each other")
	}
	if len(o.targets()) == 0 {
		return errors.New("nothing to run: give start-hub, target or baselines")
	}
	if o.Pprof > 0 && o.Out == "" {
		return errors.New("pprof needs out")
	}
	return errors.Join(
		within("runs", o.Runs, 1, maxRuns),
		within("conns", o.Conns, 1, maxConns),
		within("size", o.Size, 64, maxSize),
		within("concurrency", o.Concurrency, 1, maxConns),
		within("workers", o.Workers, 1, maxWorkers),
		within("procs", o.Procs, 0, maxWorkers),
		within("sources", o.Sources, 0, 250),
		within("settle", o.Settle, 0, maxPhase),
		within("timeout", o.Timeout, time.Second, maxPhase),
		within("quiet", o.Quiet, 0, maxPhase),
		within("pprof", o.Pprof, 0, maxPhase),
	)
}

func within[T int | float64 | time.Duration](name string, v, least, most T) error {
	if v < least || v > most {
		return fmt.Errorf("%s: want %v to %v, not %v", name, least, most, v)
	}
	return nil
}

// targets are the names of what is run in each round, in this order.
func (o *options) targets() []string {
	var names []string
	for _, b := range o.Baselines {
		if b != "none" {
			names = append(names, b)
		}
	}
	for _, p := range o.Peers {
		if f, err := loadPeer(p); err == nil { // else Validate has refused it
			names = append(names, f.Name)
		}
	}
	if o.StartHub != "" || o.Target != "" {
		names = append(names, targetHub)
	}
	return names
}
