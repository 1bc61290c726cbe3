package actors

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
	"unique"

	"github.com/asynkron/protoactor-go/actor"

	"example.org/hub/engine"
)

// registry is the root of the tree: it starts and stops users, knows every
// connection, routes what comes from the log and keeps the time for all.
type registry struct {
	hub   *Hub
	users map[string]*userRef
	index index
	wheel wheel

	*kept
	number    uint64        // entries routed; a connection takes each number once
	inflight  *atomic.Int64 // relays and adoptions on their way through users
	userProps *actor.Props
	online    int    // users with open connections
	audience  int    // those of them that a broadcast reaches
	ready     []task // connections that a fan-out has to schedule
}

// kept is what the registry still needs after a fault, when it starts anew.
type kept struct {
	head     uint64    // position of the last entry routed, in Hub.epoch
	figures  []byte    // the last dashboard frame
	drainage *drainage // nil unless the hub drains
}

// userRef is what the registry knows of a user.
type userRef struct {
	id        string
	pid       *actor.PID
	inflight  atomic.Int32 // messages that the user has not passed on yet
	open      int32        // connections; the registry's
	listening int32        // those of them that broadcasts reach; the registry's
	adopted   uint32       // connections it was ever given; the registry's
	counted   uint64       // number of the last entry it was counted for; belongs to whoever may push
}

// count reports whether the user has not been counted for this entry yet. Only
// the user, or the registry while nothing is in flight to it, may call it.
func (u *userRef) count(number uint64) bool {
	fresh := u.counted != number
	u.counted = number
	return fresh
}

func newRegistry(h *Hub, head uint64) *actor.Props {
	keep := &kept{head: head}
	box := &mailbox{pool: h.pool}
	h.inboxLen = &box.count
	return h.props(func() actor.Actor {
		inflight := new(atomic.Int64)
		return &registry{
			hub:   h,
			users: map[string]*userRef{},
			index: newIndex(),
			wheel: newWheel(time.Now()),
			kept:  keep,

			inflight:  inflight,
			userProps: newUser(h, inflight),
		}
	}).Configure(actor.WithMailbox(func() actor.Mailbox { return box }))
}

// Receive implements actor.Actor.
func (a *registry) Receive(c actor.Context) {
	switch msg := c.Message().(type) {
	case *route:
		a.route(c, msg)
	case *reset:
		a.reset(c, msg)
	case *Attach:
		a.attach(c, msg)
	case *detached:
		a.detach(msg)
	case *idle:
		a.passivate(c, msg)
	case *gone:
		a.bury(msg)
	case *tick:
		a.hub.ticking.Store(false)
		a.tick(c, msg.now)
	case *dashboard:
		a.showDashboard(c, msg.frame)
	case *drain:
		a.drain(c, msg)
	case *undrain:
		a.drainage = nil
	case *list:
		a.list(c, msg)
	case *ping:
		close(msg.alive)
	case *actor.Stopping, *actor.Restarting:
		a.finishAll()
	}
	a.hub.metrics.gauges(a)
}

// attach gives a stream a connection of its user, or refuses it.
func (a *registry) attach(c actor.Context, m *Attach) {
	if a.hub.draining.Load() {
		a.hub.refuse(m.Stream, RefusedDraining)
		return
	}
	if m.Allowed != nil && !m.Allowed() {
		a.hub.refuse(m.Stream, RefusedRevoked)
		return
	}
	ref := a.users[m.User]
	if most := a.hub.perUser.Load(); ref != nil && most > 0 && int64(ref.open) >= most {
		a.hub.refuse(m.Stream, RefusedUserLimit)
		return
	}
	if m.Mercure != nil && !a.index.mercure.fits(m.Mercure.Selection) {
		a.hub.refuse(m.Stream, RefusedPatternLimit)
		return
	}
	if ref == nil {
		ref = &userRef{id: m.User}
		ref.pid = c.Spawn(a.userProps)
		a.users[m.User] = ref
	}
	conn := a.newConnection(ref, m)
	a.index.add(conn)
	a.wheel.add(conn, conn.nextVisit(a.hub, time.UnixMilli(conn.since)))
	a.hub.metrics.opened.Inc()
	a.hub.logOpened(conn, m.RequestID)
	a.count(conn, 1)
	ref.adopted++
	begin := &open{attach: m, upTo: engine.Position{Epoch: *a.hub.epoch.Load(), Seq: a.head}}
	if m.Dashboard {
		begin.dashboard = a.figures
		if m.Snapshot != nil {
			begin.dashboard = m.Snapshot
		}
	}
	a.enter(ref)
	c.Send(ref.pid, &adopt{conn, begin})
}

func (a *registry) newConnection(ref *userRef, m *Attach) *connection {
	now := time.Now()
	conn := &connection{
		hub: a.hub, user: ref, stream: m.Stream, unnamed: m.Anonymous,
		remote: m.Remote, agent: unique.Make(m.UserAgent),
		since: now.UnixMilli(),
	}
	if m.Gzip {
		conn.gzip, conn.stream = true, &summed{Stream: m.Stream}
	}
	conn.lastWrite.Store(conn.since)
	conn.expires, conn.ends = a.deadline(m, now)
	topics := m.Topics
	if m.Dashboard {
		topics = append(slices.Clone(topics), dashboardTopic)
	}
	if len(topics) > 0 {
		conn.filter = &filter{topics: topics}
	}
	switch {
	case m.Mercure != nil:
		conn.dialect = mercureDialect
		conn.filter = &filter{topics: m.Mercure.Selection.Texts(), only: selecting{m.Mercure.Selection}}
	case len(m.Events) > 0:
		conn.filter = &filter{topics: topics, only: eventTypes(m.Events)}
	}
	return conn
}

// deadline is when a stream ends by itself, and why. The limit on its age is
// shortened by up to a tenth, so that streams that began together do not end
// together.
func (a *registry) deadline(m *Attach, now time.Time) (int64, Reason) {
	var ends int64
	reason := ReasonTokenExpired
	if !m.Expires.IsZero() {
		ends = m.Expires.UnixMilli()
	}
	if age := a.hub.cfg.MaxAge; age > 0 {
		old := now.Add(age - time.Duration(rand.Int64N(int64(age)/10+1))).UnixMilli()
		if ends == 0 || old < ends {
			ends, reason = old, ReasonMaxAge
		}
	}
	return ends, reason
}

// detach forgets a connection whose stream has ended.
func (a *registry) detach(m *detached) {
	if a.index.remove(m.connection) {
		a.count(m.connection, -1)
		a.hub.metrics.closed(m.reason, m.connection)
		a.hub.logClosed(m.connection, m.reason)
	}
}

// count keeps the numbers of a user's connections, of users that have any, and of
// those that broadcasts reach. change is 1 or -1.
func (a *registry) count(conn *connection, change int32) {
	step := func(n *int32, users *int) {
		if *n += change; *n == max(change, 0) {
			*users += int(change)
		}
	}
	step(&conn.user.open, &a.online)
	if tell := a.hub.cfg.OnPresence; tell != nil && !conn.unnamed && conn.user.open == max(change, 0) {
		tell(conn.user.id, change > 0)
	}
	if conn.dialect != mercureDialect {
		step(&conn.user.listening, &a.audience)
	}
}

// passivate stops an idle user, unless a connection is on its way to it: then
// the counts differ, and the user reports again when it is next idle. Poison
// lets it handle what was sent to it before.
func (a *registry) passivate(c actor.Context, m *idle) {
	ref := m.user
	if ref.adopted != m.adopted || a.users[ref.id] != ref {
		return
	}
	delete(a.users, ref.id)
	c.Poison(ref.pid)
}

// bury ends the connections of a user that failed; of one that was passivated
// nothing is left. Some may still have been on their way to it.
func (a *registry) bury(m *gone) {
	ref := m.user
	if ref == nil { // it failed before it learned whose it is
		for _, u := range a.users {
			if u.pid.Equal(m.pid) {
				ref = u
			}
		}
	}
	if ref == nil || a.users[ref.id] != ref {
		return
	}
	delete(a.users, ref.id)
	a.inflight.Add(-int64(ref.inflight.Load())) // it will pass none of them on
	for _, conn := range slices.Clone(a.index.all) {
		if conn.user == ref {
			conn.tell(&finish{ReasonPanic})
			a.detach(&detached{conn, ReasonPanic})
		}
	}
}

// finishAll ends every stream: the registry stops, or starts anew after a fault.
func (a *registry) finishAll() {
	a.flushReady() // a fault may have come in the middle of a fan-out
	reason := ReasonDrain
	if !a.hub.draining.Load() {
		reason = ReasonPanic
	}
	for _, conn := range slices.Clone(a.index.all) {
		conn.tell(&finish{reason})
		a.detach(&detached{conn, reason})
	}
}
