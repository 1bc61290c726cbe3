package actors

import (
	"bytes"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// leftover is what found no room in a queue: a range of positions, both ends
// included; zero if there is none. The events are in the window, and the queue
// holds none of them. The positions are texts since the log may begin a new epoch.
type leftover struct {
	from, to string
	events   int  // how many there are
	final    bool // not to be caught up with: the client is told of a gap
	told     bool // of a part of it, which the window had dropped
}

func (l *leftover) empty() bool { return l.from == "" }

// bounds returns the range, and whether it can be looked for in a window.
func (l *leftover) bounds() (from, to engine.Position, ok bool) {
	from, errFrom := engine.ParsePosition(l.from)
	to, errTo := engine.ParsePosition(l.to)
	return from, to, errFrom == nil && errTo == nil && from.Epoch == to.Epoch && !l.final
}

// leave adds an event to what is left for later.
func (o *outqueue) leave(q *queued, policy engine.SlowPolicy) {
	id := q.position()
	if id == "" { // transient: at most once, so nothing is owed
		o.tally.lost++
		return
	}
	if o.left.empty() {
		o.left.from = id
	}
	o.left.to = id
	o.left.events++
	if policy == engine.SlowGap {
		o.left.final = true
	} else {
		o.tally.deferred++
	}
}

// position is the text of the event's place in the log, "" for a transient one.
// It is read from the frame: the log may have begun a new epoch since.
func (q *queued) position() string {
	if q.entry.Seq == 0 {
		return ""
	}
	line, _, _ := bytes.Cut(q.entry.Frame, []byte("\n"))
	id, _ := bytes.CutPrefix(line, []byte("id: "))
	return string(id)
}

// tellGap puts an event about all that is left behind everything that waits: from
// there on events are queued again.
func (o *outqueue) tellGap() {
	if o.left.empty() {
		return
	}
	o.tell(o.left.to)
	o.tally.lost += max(0, o.left.events)
	o.left = leftover{}
}

// tell puts an event about what is left up to a position behind what waits.
func (o *outqueue) tell(to string) {
	o.frames = append(o.frames, ownFrame(gapFrame(o.left.from, to), o.gzip))
	o.left.told = true
}

// goOn makes what is left begin at a position, or ends it if that is behind it.
func (o *outqueue) goOn(next, to engine.Position) {
	if next.Seq <= to.Seq {
		o.left.from = next.String()
		return
	}
	if o.left.told {
		o.tally.lost += max(0, o.left.events)
	}
	o.left = leftover{}
}

// superseded says which events there is a newer one for, with the same key.
type superseded map[string]uint64

// supersede finds what the newer entries replace, as they would have in the queue.
// One that may be over before it is sent replaces nothing.
func supersede(entries []*history.Entry) superseded {
	var newest superseded
	for _, e := range entries {
		if e.Record.Key == "" || e.Record.TTL > 0 {
			continue
		}
		if newest == nil {
			newest = make(superseded)
		}
		newest[e.Record.Key] = e.Seq
	}
	return newest
}

func (s superseded) has(e *history.Entry) bool { return e.Record.Key != "" && e.Seq < s[e.Record.Key] }
