package actors

import (
	"math/rand/v2"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"example.org/hub/sse"
)

// tick runs the clock: one goroutine for the whole tree. A registry that is
// behind gets no second tick.
func (h *Hub) tick() {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case now := <-t.C:
			if h.ticking.CompareAndSwap(false, true) {
				h.send(h.registry, &tick{now})
			}
		case <-h.clock:
			return
		}
	}
}

// tick looks at the connections whose time has come: it ends those that are
// over or stuck and gives the quiet ones a sign of life.
func (a *registry) tick(c actor.Context, now time.Time) {
	p := &pulse{registry: a, c: c, now: now}
	a.wheel.advance(now, p.visit)
	a.flushReady()
	a.drainSome(c, now)
}

// pulse is one beat. Its heartbeat is encoded once for all who get it.
type pulse struct {
	registry  *registry
	c         actor.Context
	now       time.Time
	heartbeat *notice
}

func (p *pulse) visit(conn *connection) {
	if conn.slot < 0 {
		return
	}
	a, ms := p.registry, p.now.UnixMilli()
	stalled, written := conn.stalled.Load(), conn.lastWrite.Load()
	if stalled > ms { // the clock was set back: begin to count anew
		conn.stalled.CompareAndSwap(stalled, ms)
	}
	switch {
	case conn.expires != 0 && ms >= conn.expires:
		a.sendTo(p.c, conn, &relay{to: conn, finish: &finish{conn.ends}})
		return // it is not looked at again
	case stalled != 0 && since(stalled, ms) >= a.hub.cfg.WriteTimeout:
		a.sendTo(p.c, conn, &relay{to: conn, finish: &finish{ReasonSlow}})
		return
	case stalled == 0 && (written > ms || since(written, ms) >= soonest(a.hub.cfg.Heartbeat)):
		a.sendTo(p.c, conn, &relay{to: conn, notice: p.beat()})
	}
	a.wheel.add(conn, conn.nextVisit(a.hub, p.now))
}

// sendTo sends a relay's content straight to its connection if nothing is in
// flight to it, and through its user otherwise.
func (a *registry) sendTo(c actor.Context, conn *connection, m *relay) {
	if conn.user.inflight.Load() > 0 {
		a.relay(c, conn.user, m)
		return
	}
	var msg any = m.finish
	if m.notice != nil {
		msg = m.notice
	}
	if conn.inbox.push(msg) {
		a.schedule(conn)
	}
}

// beat is the heartbeat with the position up to which everything has been
// routed. It moves the client's position on, so that a client which gets no
// events does not fall out of the window.
func (p *pulse) beat() *notice {
	if p.heartbeat == nil {
		b := append(p.registry.hub.appendPosition(nil, p.registry.head), '\n')
		b = appendJSON(b, sse.EventPing, sse.Ping{Time: p.now.UnixMilli()})
		p.heartbeat = &notice{frame: b, heartbeat: true}
	}
	return p.heartbeat
}

// nextVisit says how soon the wheel looks at a connection again: when its
// heartbeat is due, when it ends, and when it counts as stuck if it is now.
func (c *connection) nextVisit(h *Hub, now time.Time) time.Duration {
	ms := now.UnixMilli()
	next := jittered(h.cfg.Heartbeat)
	if due := next - since(c.lastWrite.Load(), ms); due > 0 {
		next = due
	}
	check := h.cfg.WriteTimeout
	if stalled := c.stalled.Load(); stalled != 0 {
		check -= since(stalled, ms)
	}
	next = min(next, check)
	if c.expires != 0 {
		next = min(next, time.Duration(c.expires-ms)*time.Millisecond)
	}
	return next
}

// since is the time from one Unix time in milliseconds to another. If the clock
// was set back in between it is 0.
func since(from, to int64) time.Duration {
	return time.Duration(max(0, to-from)) * time.Millisecond
}

// soonest and jittered are 90 % of a time, and a time between 90 and 110 %, so
// that streams that began together do not beat together.
func soonest(d time.Duration) time.Duration { return d - d/10 }

func jittered(d time.Duration) time.Duration {
	return soonest(d) + time.Duration(rand.Int64N(int64(d)/5+1))
}

// showDashboard sends the hub's figures to the dashboard streams, and keeps
// them for the first block of new ones.
func (a *registry) showDashboard(c actor.Context, frame []byte) {
	a.figures = frame
	n := &notice{frame: frame, figures: true}
	for conn := range a.index.topics[dashboardTopic] {
		a.sendTo(c, conn, &relay{to: conn, notice: n})
	}
	a.flushReady()
}
