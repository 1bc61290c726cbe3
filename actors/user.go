package actors

import (
	"slices"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// user supervises the connections of one user: it hands them what is for the
// user, and lets the registry stop it when the last is gone.
type user struct {
	hub      *Hub
	ref      *userRef
	inflight *atomic.Int64 // the registry's count over all users
	conns    []*connection
	adopted  uint32
}

// newUser returns the props that all users share: what makes one differ from
// another comes with its first connection.
func newUser(h *Hub, inflight *atomic.Int64) *actor.Props {
	return h.props(func() actor.Actor { return &user{hub: h, inflight: inflight} })
}

// Receive implements actor.Actor.
func (a *user) Receive(c actor.Context) {
	switch msg := c.Message().(type) {
	case *relay:
		a.relay(msg)
		a.passed()
	case *adopt:
		a.adopt(msg)
		a.passed()
	case *closed:
		a.forget(c, msg)
	case *describe:
		msg.reply.add(a.info())
	case *actor.Stopping:
		c.Send(c.Parent(), &gone{a.ref, c.Self()})
		return
	case *actor.Started, *actor.Stopped:
		return
	}
	if len(a.conns) == 0 && a.ref != nil {
		c.Send(c.Parent(), &idle{a.ref, a.adopted})
	}
}

// passed opens the fast lane again once the last message is in the mailboxes.
func (a *user) passed() {
	a.ref.inflight.Add(-1)
	a.inflight.Add(-1)
}

// adopt takes a new connection and lets it begin. Whatever the registry sent
// after it comes through this mailbox too, and so behind it.
func (a *user) adopt(m *adopt) {
	a.ref = m.connection.user
	a.adopted++
	a.conns = append(a.conns, m.connection)
	m.connection.tell(m.open)
}

// relay passes a message on and reports who took it.
func (a *user) relay(m *relay) {
	taken, users := 0, 0
	defer func() { m.receipt.Done(taken, users) }()
	for _, conn := range a.conns {
		if (m.to == nil || m.to == conn) && a.pass(conn, m) {
			taken++
		}
	}
	if taken > 0 && m.number != 0 && a.ref.count(m.number) {
		users = 1
	}
}

func (a *user) pass(conn *connection, m *relay) (taken bool) {
	switch {
	case m.deliver != nil:
		if m.to == nil && !conn.accepts(m.deliver.entry.Record) {
			return false // who names a connection has asked it
		}
		taken, schedule := conn.take(m.deliver)
		if schedule {
			a.hub.pool.scheduleExpress(conn)
		}
		return taken
	case m.notice != nil:
		conn.tell(m.notice)
	case m.finish != nil:
		conn.tell(m.finish)
	}
	return true
}

// forget drops a connection that has ended and tells the registry.
func (a *user) forget(c actor.Context, m *closed) {
	i := slices.Index(a.conns, m.connection)
	if i < 0 {
		return
	}
	a.conns = slices.Delete(a.conns, i, i+1)
	c.Send(c.Parent(), &detached{m.connection, m.reason})
}
