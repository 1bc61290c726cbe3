package actors

import (
	"net/netip"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"unique"

	"example.org/hub/engine"
)

// connection is the actor behind one open stream: it alone writes to the stream
// and closes it, and its user supervises it. It is not a protoactor actor but
// keeps the same rules with less: a mailbox, one message at a time, a parent
// that learns of its end, a fault that stays its own. At one for every client,
// 200 bytes instead of 900 decide what a hub can hold.
//
// The fields up to number are what a broadcast touches; they fill the first
// cache line.
type connection struct {
	inbox   inbox
	hub     *Hub
	user    *userRef
	filter  *filter   // nil: no topics, all event types
	out     *outqueue // nil: the socket took everything so far
	number  uint64    // of the last event taken; belongs to whoever may push
	slot    int32     // in the registry's index, -1 once it is gone; the registry's
	state   state     // only changed by the connection
	gzip    bool      // the stream is in gzip, and a *summed
	dialect dialect
	unnamed bool // see Attach.Anonymous

	queuedBytes atomic.Int32 // live bytes in out
	lastWrite   atomic.Int64 // unix ms when the socket last took bytes
	stalled     atomic.Int64 // unix ms since when the socket takes nothing, 0 if it does
	since       int64        // unix ms of the attach
	expires     int64        // unix ms when the token or the stream's time ends, 0 for never
	ends        Reason       // why it will end then
	id          uint64
	seen        uint64 // the client has everything up to here, from a hub that was ahead of this one
	stream      Stream
	remote      netip.Addr
	agent       unique.Handle[string]
}

type state uint8

const (
	waiting state = iota // for open
	streaming
	ended
)

// filter says what a connection wants beyond its user's events.
type filter struct {
	topics []string
	only   choice // of what reaches it; nil for all
}

// choice is which events a connection takes of those that reach it.
type choice interface{ takes(*engine.Record) bool }

// eventTypes is the choice of event types, "" for message; none stands for all.
type eventTypes []string

func (e eventTypes) takes(rec *engine.Record) bool {
	return len(e) == 0 || slices.Contains(e, rec.Name)
}

// accepts reports whether the connection wants the event. It reads only what
// never changes, so any sender may ask.
func (c *connection) accepts(rec *engine.Record) bool {
	if c.excepted(rec) {
		return false
	}
	return c.filter == nil || c.filter.only == nil || c.filter.only.takes(rec)
}

func (c *connection) excepted(rec *engine.Record) bool {
	return rec.Except != "" && rec.Except == connectionID(c.id)
}

// offer is take for an event that the connection may not want.
func (c *connection) offer(d *deliver) (taken, schedule bool) {
	if !c.accepts(d.entry.Record) {
		return false, false
	}
	return c.take(d)
}

// take pushes an event unless the connection has it. It reports whether the
// connection took it and whether the caller must schedule it. Only the user, or
// the registry while nothing is in flight through the user, may call it.
func (c *connection) take(d *deliver) (taken, schedule bool) {
	if c.number == d.number {
		return false, false
	}
	c.number = d.number
	return true, c.inbox.push(d)
}

// tell pushes a message that somebody waits for.
func (c *connection) tell(msg any) {
	if c.inbox.push(msg) {
		c.hub.pool.scheduleExpress(c)
	}
}

// Writable implements StreamOwner.
func (c *connection) Writable() { c.tell(writable{}) }

// Hangup implements StreamOwner.
func (c *connection) Hangup(reason Reason) { c.tell(&hangup{reason}) }

// run implements task.
func (c *connection) run(w *worker) {
	c.receiveAll(w, c.inbox.take())
	w.forget()
	if c.inbox.release() {
		c.hub.pool.scheduleBulk(c)
	}
}

// receiveAll handles the messages and writes everything they brought at once.
// It is the boundary that a fault in this connection does not cross.
func (c *connection) receiveAll(w *worker, messages *item) {
	defer func() {
		if fault := recover(); fault != nil {
			c.fault(w, fault)
		}
	}()
	for it := messages; it != nil; it = it.next {
		c.receive(w, it.msg)
	}
	c.flush(w)
}

func (c *connection) receive(w *worker, msg any) {
	if c.state == ended {
		return
	}
	switch msg := msg.(type) {
	case *deliver:
		if msg.entry.Seq != 0 && msg.entry.Seq <= c.seen {
			return
		}
		w.batch = append(w.batch, c.event(msg.entry, true))
	case *notice:
		c.notice(w, msg)
	case *open:
		c.open(w, msg)
	case writable:
		c.drainQueue(w)
	case *hangup:
		c.end(msg.reason)
	case *finish:
		c.finish(w, msg.reason)
	}
}

// notice queues a frame of the hub's own. A heartbeat is only for a stream that
// is quiet: bytes that wait are a sign of life themselves. Figures never wait,
// or they would pile up behind a client that reads slowly, outside of any limit.
func (c *connection) notice(w *worker, n *notice) {
	if c.dialect == mercureDialect {
		c.mercureNotice(w, n)
		return
	}
	if c.out != nil && (n.heartbeat || n.figures) {
		return
	}
	if n.heartbeat {
		if len(w.batch) > 0 {
			return
		}
		w.count.heartbeats.Add(1)
	}
	if !n.heartbeat && !n.figures {
		c.seen = 0 // the log was found again at another place
	}
	w.batch = append(w.batch, n.queued(c.gzip))
}

// fault ends a stream whose actor panicked. The stream may be what panicked, so
// that closing it is guarded too.
func (c *connection) fault(w *worker, fault any) {
	w.forget()
	c.hub.metrics.fault("connection")
	id := connectionID(c.id)
	c.hub.cfg.Log.Error("connection failed", "conn_id", id, "fault", &failure{fault, debug.Stack()})
	defer func() {
		if again := recover(); again != nil {
			c.hub.cfg.Log.Error("close after failure failed", "conn_id", id, "fault", &failure{again, debug.Stack()})
		}
	}()
	c.end(ReasonPanic)
}

// end closes the stream and tells the user, once.
func (c *connection) end(reason Reason) {
	if c.state == ended {
		return
	}
	c.state = ended
	c.out = nil
	c.queuedBytes.Store(0)
	c.hub.send(c.user.pid, &closed{c, reason})
	c.stream.Close()
}
