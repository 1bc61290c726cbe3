package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// The exit codes of every subcommand.
const (
	exitOK          = 0
	exitFailure     = 1   // it was tried and did not work
	exitUsage       = 2   // a flag, variable, file or combination that makes no sense
	exitInterrupted = 130 // a second signal cut the shutdown short
)

// errInterrupted is returned by a command that a second signal ended.
var errInterrupted = errors.New("interrupted")

// configError is a mistake in the configuration: nothing was started.
type configError struct{ err error }

func (e configError) Error() string { return e.err.Error() }
func (e configError) Unwrap() error { return e.err }

func configErrorf(format string, args ...any) error {
	return configError{fmt.Errorf(format, args...)}
}

// cli lists the subcommands; kong fills it from the command line.
type cli struct {
	ShowVersion versionFlag `name:"version" setting:"-" help:"Print version, commit, date and Go version."`

	Serve       serveCmd       `cmd:"" help:"Run a hub."`
	Token       tokenCmd       `cmd:"" help:"Mint a token for a user."`
	Send        sendCmd        `cmd:"" help:"Send one message through a running hub."`
	Tail        tailCmd        `cmd:"" help:"Follow a stream and print its events."`
	Stats       statsCmd       `cmd:"" help:"Print the figures of a running hub."`
	Drain       drainCmd       `cmd:"" help:"Have a running hub hand its clients over to others, without ending it."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running hub whether it is ready; the exit code is the answer."`
	Config      configCmd      `cmd:"" help:"Print every setting of serve, its value and where it comes from."`
	Version     versionCmd     `cmd:"" help:"Print version, commit, date and Go version."`
}

// program is what the subcommands share.
type program struct {
	ctx            context.Context //nolint:containedctx // the command's own, for one call of Run
	args           []string
	stdout, stderr io.Writer
	sources        *sources
}

// run is the whole program less the process: it parses args, runs one
// subcommand until it is done or ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	line, err := parse(args, stdout, stderr)
	if err != nil {
		return report(stderr, configError{err})
	}
	if line.parsed == nil {
		return exitOK // --help
	}
	p := &program{ctx: ctx, args: args, stdout: stdout, stderr: stderr, sources: line.sources}
	return report(stderr, line.parsed.Run(p))
}

// commandLine is one reading of the command line and what it refers to.
type commandLine struct {
	cli     cli
	sources *sources
	parsed  *kong.Context // nil if only help was asked for
}

func parse(args []string, stdout, stderr io.Writer) (*commandLine, error) {
	line := &commandLine{sources: newSources(os.Environ())}
	helped := false
	parser, err := kong.New(&line.cli,
		kong.Name("hub"),
		kong.Description("Server-Sent Events for very many connections; messages come in over HTTP."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }), // only --help asks for it
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.ValueFormatter(helpWithVariable),
		kong.Resolvers(line.sources),
	)
	if err != nil {
		panic(err) // a wrong tag in cli
	}
	parsed, err := parser.Parse(args)
	if helped {
		return line, nil
	}
	if err != nil {
		return nil, line.sources.explain(err)
	}
	line.sources.noteFlags(parsed)
	line.parsed = parsed
	return line, nil
}

// report prints what went wrong and turns it into an exit code.
func report(stderr io.Writer, err error) int {
	var wrong configError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "hub: %v\n", err)
		return exitUsage
	default:
		fmt.Fprintf(stderr, "hub: %v\n", err)
		return exitFailure
	}
}
