package main

import (
	"cmp"
	"fmt"
	"runtime/debug"
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

// Run prints the build on one line.
func (versionCmd) Run(p *program) error {
	b := readBuild()
	_, err := fmt.Fprintf(p.stdout, "hub %s, commit %s of %s, %s\n", b.Version, b.Commit, b.Date, b.Go)
	return err
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
