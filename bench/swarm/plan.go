package swarm

import "math"

// Message is one event to be published.
type Message struct {
	Stamp
	Target int // number of the user it goes to, negative for everybody
}

// Plan says what a publisher sends, and when. It is used by one goroutine.
type Plan interface {
	// Poll calls send with every message that is due at now, by connection. It
	// returns when it wants to be asked again at the latest, and whether there
	// is more to come at all.
	Poll(now int64, send func(conn int, m Message)) (again int64, more bool)

	// Answered says that a connection's oldest message was answered.
	Answered(conn int)
}

// Never is a time that does not come.
const Never = int64(math.MaxInt64)

// Schedule fixes send times beforehand: Count of them, evenly spaced.
type Schedule struct {
	Start int64   // the first one, by Now
	Rate  float64 // a second
	Count int
}

// Due is the time of number i, counted from 0. It is computed from the start
// each time, so that no rounding adds up.
func (s Schedule) Due(i int) int64 {
	return s.Start + int64(float64(i)*1e9/s.Rate)
}

// Open is the plan of an open loop: it hands out messages at their time, however
// long the answers take.
type Open struct {
	Schedule

	// Message makes number i, without times, and names its connection. Messages
	// whose order matters have to share a connection.
	Message func(i int) (m Message, conn int)

	next int
}

// Poll implements Plan.
func (p *Open) Poll(now int64, send func(int, Message)) (again int64, more bool) {
	for ; p.next < p.Count; p.next++ {
		due := p.Due(p.next)
		if due > now {
			return due, true
		}
		m, conn := p.Message(p.next)
		m.Intended = due
		send(conn, m)
	}
	return Never, false
}

// Answered implements Plan.
func (p *Open) Answered(int) {}

// Closed is the plan of a closed loop without pause: each connection sends its
// next message as soon as the one before was answered. It finds the highest
// rate; its latencies say little (coordinated omission).
type Closed struct {
	Count   int   // messages in all, at most
	Until   int64 // no new ones from then on, by Now
	Conns   int
	Message func(conn int) Message // makes the next message of a connection, without times

	sent int
	free []int
	init bool
}

// Poll implements Plan.
func (p *Closed) Poll(now int64, send func(int, Message)) (again int64, more bool) {
	if !p.init {
		p.init = true
		for c := range p.Conns {
			p.free = append(p.free, c)
		}
	}
	for _, c := range p.free {
		if p.sent >= p.Count || now >= p.Until {
			return Never, false
		}
		p.sent++
		m := p.Message(c)
		m.Intended = now
		send(c, m)
	}
	p.free = p.free[:0]
	return p.Until, p.sent < p.Count && now < p.Until
}

// Answered implements Plan.
func (p *Closed) Answered(conn int) { p.free = append(p.free, conn) }

// Rounds is the plan of a broadcast test: one event a slot is under way, and the
// next one of that slot leaves when it has reached every reader and was
// answered. The number of slots is the depth of the pipeline; each has a
// connection of its own.
type Rounds struct {
	Count    int // events in all
	Slots    int
	Progress *Progress
	Message  func(slot int) Message // makes the next event of a slot, without times

	sent, finished int
	state          [MaxSlots]slotState
}

// slotState is where a slot's event is.
type slotState uint8

const (
	slotFree slotState = iota
	slotSent
	slotAnswered
)

// Poll implements Plan.
func (p *Rounds) Poll(now int64, send func(int, Message)) (again int64, more bool) {
	for s := range p.Slots {
		if p.state[s] == slotAnswered && p.Progress.Take(s) {
			p.state[s] = slotFree
			p.finished++
		}
		if p.state[s] == slotFree && p.sent < p.Count {
			p.sent++
			p.state[s] = slotSent
			m := p.Message(s)
			m.Intended = now
			send(s, m)
		}
	}
	return Never, p.finished < p.Count
}

// Answered implements Plan.
func (p *Rounds) Answered(conn int) { p.state[conn] = slotAnswered }
