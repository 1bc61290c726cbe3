package main

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// Set by the Makefile with -ldflags "-X main.version=..". Without it they come
// from what the go command recorded.
var (
	version string
	commit  string
	date    string
)

// buildInfo says what this binary was made of.
type buildInfo struct{ Version, Commit, Date, Go string }

type versionCmd struct{}

// versionFlag is --version, which takes the place of a command.
type versionFlag bool

// BeforeReset prints the build and ends the parsing.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	fmt.Fprintln(app.Stdout, readBuild())
	app.Exit(exitOK)
	return errShown
}

// errShown ends the parsing of a command line that asked for nothing more.
var errShown = errors.New("shown")

// Run prints the build on one line.
func (versionCmd) Run(p *program) error {
	_, err := fmt.Fprintln(p.stdout, readBuild())
	return err
}

func (b buildInfo) String() string {
	return fmt.Sprintf("hub %s, commit %s of %s, %s", b.Version, b.Commit, b.Date, b.Go)
}

func readBuild() buildInfo {
	b := buildInfo{Version: version, Commit: commit, Date: date}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Go = info.GoVersion
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = cmp.Or(b.Commit, s.Value)
			case "vcs.time":
				b.Date = cmp.Or(b.Date, s.Value)
			}
		}
	}
	b.Version = cmp.Or(b.Version, "(devel)")
	b.Commit = cmp.Or(b.Commit, "unknown")
	b.Date = cmp.Or(b.Date, "unknown")
	return b
}
