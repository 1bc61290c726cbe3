package actors

import (
	"slices"

	"example.org/hub/engine"
)

// readAhead is how many queues full are looked at to find newer events of a key.
const readAhead = 4

// catchUp fills an empty queue with events that found no room in it before, out of
// the window, as many as it may hold. What the window has no longer is a gap. So a
// client that reads, however slowly, costs no more than the queue and loses only
// what is older than the window.
func (c *connection) catchUp() {
	o := c.out
	from, to, ok := o.left.bounds()
	if !ok {
		o.tellGap()
		return
	}
	s := c.hub.cfg.Window.Read(from.Epoch, from.Seq, to.Seq, readAhead*c.hub.cfg.MaxQueueBytes, c.hears)
	switch {
	case s.Lost == to.Seq:
		o.tellGap()
		return
	case s.Lost > 0:
		o.tell(engine.Position{Epoch: from.Epoch, Seq: s.Lost}.String())
	}
	next := engine.Position{Epoch: from.Epoch, Seq: s.Next}
	newer := supersede(s.Entries)
	for _, e := range s.Entries {
		if newer.has(e) {
			o.tally.conflated++
		} else {
			f := c.event(e, true)
			f.late = true
			if o.live > 0 && o.live+len(f.frame) > c.hub.cfg.MaxQueueBytes {
				next.Seq = e.Seq
				break
			}
			o.add(f)
		}
		o.left.events--
	}
	o.goOn(next, to)
}

// hears reports whether an event is for this connection, as routing finds it.
func (c *connection) hears(rec *engine.Record) bool {
	return c.accepts(rec) && slices.ContainsFunc(rec.To, c.isAt)
}

// isAt reports whether an address is one of the connection's.
func (c *connection) isAt(to engine.Address) bool {
	switch kind, name := to.Split(); kind {
	case engine.KindUser:
		return name == c.user.id
	case engine.KindTopic:
		return c.filter != nil && slices.Contains(c.filter.topics, name)
	case engine.KindConnection:
		id, ok := parseConnectionID(name)
		return ok && id == c.id
	case engine.KindAll:
		return true
	}
	return false
}
