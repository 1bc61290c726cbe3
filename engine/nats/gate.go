package nats

import (
	"context"
	"sync"
	"time"

	"example.org/hub/engine"
)

// gate holds calls up while a member of the cluster hands over what it leads. A
// stream that changes its leader forgets what it was about to store, and who sent
// it waits for an answer that does not come: so nothing may be on its way then.
// The zero gate is open.
type gate struct {
	mu     sync.Mutex
	inside int                    // calls that are on their way
	holds  map[string]*time.Timer // by the member that leaves; each ends the hold
	open   chan struct{}          // closed when the last hold ends
	empty  chan struct{}          // closed when no call is on its way; nil if nobody waits for that
}

// enter waits until nothing holds calls up, and counts this one as on its way. It
// fails if ctx or life ends before.
func (g *gate) enter(ctx, life context.Context) error {
	g.mu.Lock()
	for len(g.holds) > 0 {
		open := g.open
		g.mu.Unlock()
		select {
		case <-open:
		case <-ctx.Done():
			return ctx.Err()
		case <-life.Done():
			return engine.ErrClosed
		}
		g.mu.Lock()
	}
	g.inside++
	g.mu.Unlock()
	return nil
}

// leave ends what enter began.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.tellEmpty()
}

// hold lets nobody enter until release, or for the limit. The channel is closed
// when nobody is inside any more.
func (g *gate) hold(member string, limit time.Duration) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.holds) == 0 {
		g.holds, g.open = make(map[string]*time.Timer), make(chan struct{})
	}
	if old := g.holds[member]; old != nil {
		old.Stop()
	}
	g.holds[member] = time.AfterFunc(limit, func() { g.release(member) })
	if g.empty == nil {
		g.empty = make(chan struct{})
	}
	empty := g.empty
	g.tellEmpty()
	return empty
}

// release ends a member's hold, if it has one.
func (g *gate) release(member string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	timer := g.holds[member]
	if timer == nil {
		return
	}
	timer.Stop()
	delete(g.holds, member)
	if len(g.holds) == 0 {
		close(g.open)
	}
}

func (g *gate) tellEmpty() {
	if g.inside == 0 && g.empty != nil {
		close(g.empty)
		g.empty = nil
	}
}
