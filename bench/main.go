// Command bench drives the hub, and the baselines that it starts itself, as a
// black box over HTTP: how many microseconds of CPU a delivery costs, how many
// bytes an idle connection holds, how late events arrive. README.md has the
// method and says how to read every figure.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	options

	Connect connectScenario `cmd:"" help:"Open connections: server CPU of each, time to first byte."`
	Hold    holdScenario    `cmd:"" help:"Hold idle connections: memory of each, CPU of their heartbeats."`
	Fanout  fanoutScenario  `cmd:"" help:"Broadcast to all: server CPU of a delivery, latency, order."`
	Unicast unicastScenario `cmd:"" help:"Messages to single users over POST: highest rate, then latency at a fixed one."`
	Topics  topicsScenario  `cmd:"" help:"Messages to topics of some users each: highest rate, then latency at a fixed one."`
	Resume  resumeScenario  `cmd:"" help:"All streams break at once and come back for what they missed: time until all have it."`
	Churn   churnScenario   `cmd:"" help:"Streams come and go at a fixed rate while others receive: CPU of each, and what is left of them."`
	Cluster clusterScenario `cmd:"" help:"Several hubs over one log, with more streams in all than a process may have files."`
	Slow    slowScenario    `cmd:"" help:"Broadcast with and without readers that never read."`
	Gate    gateCommand     `cmd:"" help:"Check that the hub's figures are at most so many times the floor's, in the best round."`
	Compare compareCommand  `cmd:"" help:"Compare two results, by their ratios to the floor; status 1 if a cost rose beyond the threshold."`
	Soak    soakScenario    `cmd:"" help:"Everything at once for hours: streams that leave and resume, stuck readers, restarts of the engine; is anything lost, does anything grow?"`
}

// errFailed ends the program with status 1 after the report was written.
var errFailed = errors.New("a run failed: the figures above do not count")

func main() {
	if name := os.Getenv(serveEnv); name != "" {
		exit(serve(name, os.Stdout))
		return
	}
	var c cli
	parser := kong.Must(&c,
		kong.Name("bench"),
		kong.Description("Load suite: drives the hub beside two baselines, floor and plain."),
		kong.UsageOnError(),
		kong.Bind(&c.options),
	)
	ctx, err := parser.Parse(doubleDashes(os.Args[1:]))
	parser.FatalIfErrorf(err)
	exit(ctx.Run())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// doubleDashes lets flags be written as Go's flag package has them, with one dash.
func doubleDashes(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if len(a) > 2 && a[0] == '-' && a[1] >= 'a' && a[1] <= 'z' && !strings.HasPrefix(a, "--") {
			a = "-" + a
		}
		out[i] = a
	}
	return out
}
