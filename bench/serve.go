package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
)

// serveEnv names the baseline that a child process of this program is to be.
const serveEnv = "BENCH_SERVE"

// The targets.
const (
	targetHub   = "hub"
	targetFloor = "floor"
	targetPlain = "plain"
)

// serve runs a baseline until the process is killed. It says on out where it
// listens.
func serve(name string, out io.Writer) error {
	if name == serveWorker {
		return runWorker()
	}
	var run func(*net.TCPListener) error
	switch name {
	case targetFloor:
		run = serveFloor
	case targetPlain:
		run = servePlain
	default:
		return fmt.Errorf("serve: no baseline %q", name)
	}
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return fmt.Errorf("serve %s: %w", name, err)
	}
	defer ln.Close()
	if _, err := fmt.Fprintln(out, ln.Addr()); err != nil {
		return fmt.Errorf("serve %s: %w", name, err)
	}
	return run(ln)
}

// startBaseline starts this program as a baseline.
func startBaseline(name string) (*server, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	env := append(os.Environ(), serveEnv+"="+name)
	if name == targetFloor {
		// Its thread never stops for the runtime: no collection, no preemption.
		env = append(env, "GOGC=off", "GODEBUG=asyncpreemptoff=1")
	}
	c, line, err := startChild(exe, nil, env)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	addr, err := netip.ParseAddrPort(line)
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return &server{name: name, public: addr, internal: addr, pid: c.pid(), child: c, metrics: name == targetPlain}, nil
}
