package actors

import (
	"bytes"

	"github.com/asynkron/protoactor-go/actor"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/mercure"
	"example.org/hub/sse"
)

// dialect says what the frames of a stream look like that are not of publishers.
type dialect uint8

const (
	ownDialect     dialect = iota // connected, ping, gap, reconnect: the events of package sse
	mercureDialect                // nothing but updates and comments
)

// Mercure is what an Attach for a stream of the Mercure protocol says besides.
type Mercure struct {
	Selection   *mercure.Selection
	LastEventID string                          // as the client sent it, not yet checked; "" if it never had one
	Head        func(lastEventID string) []byte // instead of Attach.Head: says behind which event the stream begins
}

// query asks for what the client missed of what it may get. Who selects topics by
// patterns is looked for among all events.
func (m *Mercure) query(recalled *history.Recalled) history.Query {
	q := history.Query{Match: m.Selection.Wants, Recalled: recalled}
	if m.LastEventID != "" {
		id := mercure.ParseEventID(m.LastEventID)
		q.LastEventID, q.OwnID, q.Earliest = id.Position, id.Own, id.Earliest
	}
	if len(m.Selection.Patterns) > 0 {
		q.Addresses = []engine.Address{history.Every}
		return q
	}
	for _, topic := range m.Selection.Topics {
		q.Addresses = append(q.Addresses, engine.Topic(topic))
	}
	return q
}

// selecting is the choice of a Mercure stream. It takes nothing that reaches it by
// its user or a broadcast: updates come through the index of selections, which
// also knows the form that their frames have there.
type selecting struct{ *mercure.Selection }

func (selecting) takes(*engine.Record) bool { return false }

// toMercure delivers an event to the Mercure streams that select it and may have it.
func (a *registry) toMercure(c actor.Context, entry *history.Entry) {
	var d *deliver
	for conn := range a.index.mercure.readers(entry.Record) {
		if d == nil {
			d = &deliver{entry: asMercure(entry), number: a.number}
		}
		a.hand(c, conn, d)
	}
}

// asMercure returns the entry with the id that Mercure's clients see: the
// publisher's own, or the position. A transient event has none.
func asMercure(entry *history.Entry) *history.Entry {
	alias := &history.Entry{Seq: entry.Seq, Frame: entry.Frame, Record: entry.Record, Receipt: entry.Receipt}
	if entry.Seq == 0 {
		return alias
	}
	id := entry.Record.ID
	if id == "" {
		line, _, _ := bytes.Cut(entry.Frame, []byte("\n"))
		id = mercure.PositionID(string(bytes.TrimPrefix(line, []byte("id: "))))
	}
	alias.Frame = append(sse.AppendID(nil, id), entry.Record.Body...)
	return alias
}

// openMercure begins a stream: the head, which says where in the log it begins, and
// what the client missed. There is no blank line before the first update: some
// clients take each for an event, with or without data.
func (c *connection) openMercure(w *worker, m *open) {
	missed, since := c.missedUpdates(m)
	first := sse.AppendRetry(m.attach.Mercure.Head(since), c.hub.retry())
	w.batch = append(w.batch, queued{frame: first[:len(first)-1]})
	for _, entry := range missed {
		w.batch = append(w.batch, queued{frame: asMercure(entry).Frame, entry: entry})
	}
}

// missedUpdates reads from the window what the client missed, and returns the id of
// the event behind which that begins. It is the one that the client sent if and
// only if nothing is missing. For one that is not known all there is follows.
func (c *connection) missedUpdates(m *open) ([]*history.Entry, string) {
	since := m.attach.Mercure.LastEventID
	if since == "" {
		return nil, mercure.PositionID(m.upTo.String())
	}
	query := m.attach.Query()
	missed, gap := c.replay(query, m.upTo)
	if gap != nil && gap.Reason == history.GapEpoch {
		since = mercure.Earliest
		query.LastEventID, query.OwnID, query.Earliest = "", "", true
		missed, gap = c.replay(query, m.upTo)
	}
	switch {
	case gap == nil:
		return missed, since
	case gap.Reason == history.GapEpoch:
		return nil, mercure.Earliest
	}
	return missed, mercure.PositionID(gap.To)
}

// mercureBeat is the heartbeat: a comment, without the blank line that some clients
// take for an event.
var mercureBeat = []byte(":\n")

// mercureNotice is notice for a Mercure stream. It has no frame that could tell of a
// gap: it ends, and the client learns of it from the head of the next.
func (c *connection) mercureNotice(w *worker, n *notice) {
	switch {
	case !n.heartbeat && !n.figures:
		c.finish(w, ReasonGap)
	case n.heartbeat && c.out == nil && len(w.batch) == 0:
		w.count.heartbeats.Add(1)
		w.batch = append(w.batch, queued{frame: mercureBeat})
	}
}
