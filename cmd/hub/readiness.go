package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"example.org/hub/transport"
)

// engineGrace is how long the engine may be away before the hub is not ready: a
// change of its leader is no reason to send all clients elsewhere. engineSteady is
// how long it must have been back before the hub is ready again: load balancers are
// not to see an engine that comes and goes.
const (
	engineGrace  = 5 * time.Second
	engineSteady = 2 * time.Second
)

var (
	errEngineDown = errors.New("the engine is not reached")
	errEngineBack = errors.New("the engine is back, but not for long enough")
	errBehind     = errors.New("this member of the cluster does not know all that the others have decided")
	errCold       = errors.New("the window is being loaded")
)

// readiness are the checks of what the hub needs, from others and of the machine. With
// --ready-when-degraded it stays ready without the engine, for an operator who
// rather has streams that get nothing new than no streams.
func (n *node) readiness() []transport.Check {
	checks := []transport.Check{
		{Name: "window", Run: n.windowIsWarm},
		{Name: "memory", Run: (&waterMark{high: memoryHigh, low: memoryLow, used: usedMemory}).check},
		{Name: "descriptors", Run: (&waterMark{high: descriptorsHigh, low: descriptorsLow, used: usedDescriptors}).check},
	}
	if n.cfg.ReadyWhenDegraded {
		return checks
	}
	return append(checks,
		transport.Check{Name: "engine", Run: (&engineGate{link: n.events}).check},
		transport.Check{Name: "lease", Run: func(context.Context) error { return n.member.Alive() }},
	)
}

// startup are the checks of what a hub needs once before it counts as started. That
// the stream exists is part of the window: it was read from there.
func (n *node) startup() []transport.Check {
	return []transport.Check{
		{Name: "engine", Run: n.engineIsUp},
		{Name: "cluster", Run: n.memberIsCurrent},
		{Name: "window", Run: n.windowIsWarm},
	}
}

func (n *node) windowIsWarm(context.Context) error {
	if !n.events.Warm() {
		return errCold
	}
	return nil
}

func (n *node) engineIsUp(context.Context) error {
	if !n.events.Up() {
		return errEngineDown
	}
	return nil
}

// memberIsCurrent asks engines that are members of something.
func (n *node) memberIsCurrent(context.Context) error {
	if member, ok := n.engine.(interface{ Current() bool }); ok && !member.Current() {
		return errBehind
	}
	return nil
}

// engineLink says how the way to the engine is. *history.Log is one.
type engineLink interface {
	Down() time.Duration // 0 if it is up
	UpFor() time.Duration
}

// engineGate takes the hub's readiness back while the engine is away, with the
// patience of engineGrace and engineSteady.
type engineGate struct {
	link engineLink
	shut atomic.Bool
}

// check implements transport.Check.Run.
func (g *engineGate) check(context.Context) error {
	down := g.link.Down()
	if down > engineGrace {
		g.shut.Store(true)
	}
	switch {
	case !g.shut.Load():
		return nil
	case down > 0:
		return fmt.Errorf("%w for %s", errEngineDown, down.Round(time.Second))
	case g.link.UpFor() < engineSteady:
		return errEngineBack
	}
	g.shut.Store(false)
	return nil
}
