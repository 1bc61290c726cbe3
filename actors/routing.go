package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"example.org/hub/engine"
	"example.org/hub/history"
)

const (
	// fanoutChunk is how many connections a fan-out schedules at a time.
	fanoutChunk = 128

	// smallFanout is how many connections a fan-out may have that still goes before
	// broadcasts, as a message for one user does.
	smallFanout = 16
)

// route sends entries of the log on their way, in order. If it fails, the rest
// has nobody to go to: every stream ends, and clients find it in the window.
func (a *registry) route(c actor.Context, m *route) {
	left := m.entries
	defer func() {
		for _, entry := range left {
			a.head = max(a.head, entry.Seq)
			entry.Receipt.Done(0, 0)
		}
	}()
	for len(left) > 0 {
		a.routeOne(c, left[0])
		left[0].Receipt.Done(0, 0)
		left = left[1:]
	}
	a.flushReady()
	a.hub.metrics.routed.Add(len(m.entries))
}

// routeOne routes an entry. An event up to the head was in the window before the
// first stream was attached, so whoever wants it has it from there.
func (a *registry) routeOne(c actor.Context, entry *history.Entry) {
	known := entry.Seq > 0 && entry.Seq <= a.head
	a.head = max(a.head, entry.Seq)
	a.number++
	switch kind := entry.Record.Kind; {
	case kind == engine.Event && !known:
		a.event(c, entry)
	case kind == engine.Disconnect:
		a.control(c, entry, &finish{ReasonAdmin})
	case kind == engine.Revoke:
		a.control(c, entry, &finish{ReasonRevoked})
	}
}

// reset goes on at the place where the log was found again, and says so to
// every stream before anything that follows.
func (a *registry) reset(c actor.Context, m *reset) {
	if to, err := engine.ParsePosition(m.gap.To); err == nil {
		a.head = to.Seq
		a.hub.setEpoch(to.Epoch)
	}
	frame := append(a.hub.appendPosition(appendGap(nil, &m.gap), a.head), '\n')
	n := &notice{frame: frame}
	for _, conn := range a.index.all {
		a.sendTo(c, conn, &relay{to: conn, notice: n})
	}
	a.flushReady()
}

// event delivers an entry to every address it has.
func (a *registry) event(c actor.Context, entry *history.Entry) {
	d := &deliver{entry: entry, number: a.number}
	for _, to := range entry.Record.To {
		switch kind, name := to.Split(); kind {
		case engine.KindUser:
			if ref := a.users[name]; ref != nil {
				a.relay(c, ref, &relay{deliver: d, receipt: entry.Receipt, number: d.number})
			}
		case engine.KindConnection:
			if conn := a.find(name); conn != nil {
				a.fastLane(c, conn, d)
			}
		case engine.KindTopic:
			for conn := range a.index.topics[name] {
				a.fastLane(c, conn, d)
			}
		case engine.KindAll:
			a.broadcast(c, d)
		}
	}
	if len(a.index.mercure.topics)+len(a.index.mercure.prefixes) > 0 {
		a.toMercure(c, entry)
	}
}

// control ends the connections of the addresses.
func (a *registry) control(c actor.Context, entry *history.Entry, f *finish) {
	for _, to := range entry.Record.To {
		switch kind, name := to.Split(); kind {
		case engine.KindUser:
			if ref := a.users[name]; ref != nil {
				a.relay(c, ref, &relay{finish: f, receipt: entry.Receipt, number: a.number})
			}
		case engine.KindConnection:
			if conn := a.find(name); conn != nil {
				a.relay(c, conn.user, &relay{to: conn, finish: f, receipt: entry.Receipt, number: a.number})
			}
		}
	}
}

// broadcast delivers to every connection. In the usual case nobody filters and
// nothing is on its way through a user, and it is one pass over a list.
func (a *registry) broadcast(c actor.Context, d *deliver) {
	if a.inflight.Load() > 0 || a.index.picky > 0 || d.entry.Record.Except != "" {
		for _, conn := range a.index.all {
			a.fastLane(c, conn, d)
		}
		return
	}
	taken, users := 0, 0
	for _, conn := range a.index.all {
		if a.push(conn, d) {
			taken++
		}
	}
	if len(d.entry.Record.To) == 1 {
		users = a.audience
	} else {
		users = a.countAll()
	}
	a.splitDone(d.entry.Receipt, taken, users)
}

// fastLane pushes an event straight into a connection's mailbox, unless
// something is on its way through the user: then the event stays behind that.
func (a *registry) fastLane(c actor.Context, conn *connection, d *deliver) {
	if conn.accepts(d.entry.Record) {
		a.hand(c, conn, d)
	}
}

// hand delivers an event to a connection that is to have it.
func (a *registry) hand(c actor.Context, conn *connection, d *deliver) {
	if conn.user.inflight.Load() > 0 {
		a.relay(c, conn.user, &relay{to: conn, deliver: d, receipt: d.entry.Receipt, number: d.number})
		return
	}
	taken, schedule := conn.take(d)
	if schedule {
		a.schedule(conn)
	}
	if taken {
		users := 0
		if conn.user.count(d.number) {
			users = 1
		}
		a.splitDone(d.entry.Receipt, 1, users)
	}
}

// push offers an event to a connection while nothing is in flight to it.
func (a *registry) push(conn *connection, d *deliver) (taken bool) {
	taken, schedule := conn.offer(d)
	if schedule {
		a.schedule(conn)
	}
	return taken
}

// schedule collects connections that have to run, so that the pool's lock is
// taken once for many.
func (a *registry) schedule(conn *connection) {
	if a.ready = append(a.ready, conn); len(a.ready) == fanoutChunk {
		a.flushReady()
	}
}

func (a *registry) flushReady() {
	if len(a.ready) == 0 {
		return
	}
	if len(a.ready) <= smallFanout {
		a.hub.pool.scheduleExpress(a.ready...)
	} else {
		a.hub.pool.scheduleBulk(a.ready...)
	}
	clear(a.ready)
	a.ready = a.ready[:0]
}

// relay sends a message through a user, and closes the fast lane behind it.
func (a *registry) relay(c actor.Context, ref *userRef, m *relay) {
	m.receipt.Split()
	a.enter(ref)
	c.Send(ref.pid, m)
}

// enter counts a message that goes to a user.
func (a *registry) enter(ref *userRef) {
	ref.inflight.Add(1)
	a.inflight.Add(1)
}

// splitDone adds a part that is already finished.
func (a *registry) splitDone(r *history.Receipt, connections, users int) {
	r.Split()
	r.Done(connections, users)
}

func (a *registry) countAll() int {
	n := 0
	for _, ref := range a.users {
		if ref.listening > 0 && ref.count(a.number) {
			n++
		}
	}
	return n
}

func (a *registry) find(id string) *connection {
	n, ok := parseConnectionID(id)
	if !ok {
		return nil
	}
	return a.index.byID[n]
}
