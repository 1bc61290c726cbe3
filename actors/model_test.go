package actors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// model is what the hub is compared with: a list of all events and of all
// streams, and for each event a plain test of who is to get it. All calls come
// from one goroutine, so the registry takes them in the model's order; what ends
// by itself is only known once everything is quiet.
type model struct {
	*fixture
	rand    *rand.Rand
	events  []*modelEvent
	streams []*modelStream
	unclear bool // a stream may be ending
	open    []expectation
}

type modelEvent struct {
	n   int // its place among all, also in its text
	seq uint64
	rec *engine.Record
}

type modelStream struct {
	*sink
	user, id string
	topics   []string
	wants    []string // event types
	from     int      // the first event that came live
	after    uint64   // position of the last event seen before, if resumed
	resumed  bool
	stalled  bool // at any time
	leaving  bool // its end was asked for
	until    int  // events before this one came before the end, -1 if that is not known
	gone     bool // closed when last everything was quiet
	followed bool // another one resumed it
}

type expectation struct {
	receipt            *history.Receipt
	event              *modelEvent
	connections, users int
}

func TestModel_EveryStreamGetsWhatItMust(t *testing.T) {
	for range 12 {
		seed := rand.Uint64()
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			inBubble(t, func(c *Config) { c.MaxQueueBytes = 400 }, func(f *fixture) {
				m := &model{fixture: f, rand: rand.New(rand.NewPCG(seed, 0))}
				for range 400 {
					m.step()
				}
				m.finish()
			})
		})
	}
}

// step does something at random.
func (m *model) step() {
	switch p := m.rand.IntN(100); {
	case p < 12 || len(m.streams) == 0:
		m.attachOne()
	case p < 70:
		m.publishOne()
	case p < 78:
		s := m.pick()
		s.stalled = true
		s.allow(m.rand.IntN(120))
	case p < 86:
		m.pick().allow(-1)
	case p < 90:
		s := m.pick()
		m.quiet() // its owner is known from then on
		s.end(-1)
		m.unclear = true
		s.owner.Hangup(ReasonClient)
	case p < 92:
		m.control()
	case p < 93:
		time.Sleep(time.Duration(m.rand.IntN(int(4 * time.Second))))
		m.unclear = true
	default:
		m.quiet()
	}
}

func (m *model) pick() *modelStream { return m.streams[m.rand.IntN(len(m.streams))] }

func (m *model) name(prefix string, n int) string { return prefix + strconv.Itoa(m.rand.IntN(n)) }

// attachOne opens a stream: a new one, or one that goes on where another ended.
func (m *model) attachOne() {
	s := &modelStream{sink: newSink(), user: m.name("u", 4), from: len(m.events), until: -1}
	if m.rand.IntN(2) == 0 {
		s.topics = []string{m.name("t", 3)}
	}
	if m.rand.IntN(6) == 0 {
		s.wants = []string{"a"}
	}
	last := ""
	for _, old := range m.streams {
		if old.gone && !old.followed && m.rand.IntN(2) == 0 {
			old.followed = true
			s.user, s.topics, s.wants = old.user, old.topics, old.wants
			_, last = m.decode(old)
			break
		}
	}
	if pos, err := engine.ParsePosition(last); err == nil {
		s.after, s.resumed = pos.Seq, true
	}
	m.streams = append(m.streams, s)
	m.attachTo(s.sink, s.user, func(a *Attach) {
		a.Topics, a.Events, a.LastEventID = s.topics, s.wants, last
	})
}

// publishOne publishes an event of any kind.
func (m *model) publishOne() {
	rec := &engine.Record{Transient: m.rand.IntN(8) == 0}
	rec.Name = []string{"a", "b"}[m.rand.IntN(2)]
	for range 1 + m.rand.IntN(2) {
		rec.To = append(rec.To, m.address())
	}
	if m.rand.IntN(3) == 0 {
		rec.Key = m.name("k", 2)
	}
	if m.rand.IntN(6) == 0 {
		rec.Slow = engine.SlowPolicy(1 + m.rand.IntN(3))
	}
	if s := m.pick(); s.id != "" && m.rand.IntN(8) == 0 {
		rec.Except = s.id
	}
	e := &modelEvent{n: len(m.events), rec: rec}
	m.events = append(m.events, e)
	receipt := m.publish(rec, fmt.Sprintf("%d %s", e.n, strings.Repeat("x", m.rand.IntN(80))))
	if !rec.Transient {
		e.seq = m.seq
	}
	if !m.unclear {
		m.expect(e, receipt)
	}
	m.unclear = m.unclear || rec.Slow == engine.SlowDisconnect
}

func (m *model) address() engine.Address {
	switch p := m.rand.IntN(10); {
	case p < 4:
		return engine.User(m.name("u", 5))
	case p < 6:
		return engine.Topic(m.name("t", 4))
	case p < 7:
		if s := m.pick(); s.id != "" {
			return engine.Connection(s.id)
		}
	}
	return engine.All
}

// expect notes who takes the event.
func (m *model) expect(e *modelEvent, r *history.Receipt) {
	x := expectation{receipt: r, event: e}
	users := map[string]bool{}
	for _, s := range m.streams {
		if !s.gone && s.isFor(e, true) {
			x.connections++
			users[s.user] = true
		}
	}
	x.users = len(users)
	m.open = append(m.open, x)
}

// isFor reports whether the stream is to get an event that came while it was open.
func (s *modelStream) isFor(e *modelEvent, live bool) bool {
	if (s.id != "" && e.rec.Except == s.id) || (len(s.wants) > 0 && !slices.Contains(s.wants, e.rec.Name)) {
		return false
	}
	return slices.ContainsFunc(e.rec.To, func(a engine.Address) bool {
		switch kind, name := a.Split(); kind {
		case engine.KindUser:
			return name == s.user
		case engine.KindTopic:
			return slices.Contains(s.topics, name)
		case engine.KindConnection:
			return live && name == s.id
		default:
			return true
		}
	})
}

func (s *modelStream) end(until int) {
	if !s.leaving {
		s.leaving, s.until = true, until
	}
}

// control revokes a user or disconnects a connection.
func (m *model) control() {
	rec := &engine.Record{Kind: engine.Revoke, To: []engine.Address{engine.User(m.name("u", 4))}}
	if s := m.pick(); s.id != "" && m.rand.IntN(2) == 0 {
		rec = &engine.Record{Kind: engine.Disconnect, To: []engine.Address{engine.Connection(s.id)}}
	}
	e := &modelEvent{n: len(m.events), rec: rec}
	for _, s := range m.streams {
		if slices.Contains(rec.To, engine.User(s.user)) || slices.Contains(rec.To, engine.Connection(s.id)) {
			s.end(e.n)
		}
	}
	m.events = append(m.events, e)
	m.publish(rec, "-")
	e.seq = m.seq
	m.unclear = true
}

// quiet waits until nothing moves, and compares the counts.
func (m *model) quiet() {
	m.t.Helper()
	synctest.Wait()
	for _, x := range m.open {
		if c, u := m.counts(x.receipt); c != x.connections || u != x.users {
			m.t.Fatalf("event %d to %v reached %d of %d users, want %d of %d", x.event.n, x.event.rec.To, c, u, x.connections, x.users)
		}
	}
	m.open, m.unclear = nil, false
	for _, s := range m.streams {
		s.gone = s.isClosed()
		if text := s.text(); s.id == "" && strings.Contains(text, "event: connected") && strings.Contains(text, "}\n\n") {
			s.id = connectionIDOf(m.t, s.sink)
		}
		if s.gone && !s.leaving && !s.stalled {
			m.t.Fatalf("a stream of %s ended by itself: %q", s.user, last(s.text(), 300))
		}
	}
}

// finish lets everybody read to the end, drains the hub and checks every stream.
func (m *model) finish() {
	m.t.Helper()
	for range 2 { // the second time behind all gaps
		m.quiet()
		for _, s := range m.streams {
			s.allow(-1)
		}
		m.quiet()
		e := &modelEvent{n: len(m.events), rec: &engine.Record{Name: "a", To: []engine.Address{engine.All}}}
		m.events = append(m.events, e)
		m.expect(e, m.publish(e.rec, strconv.Itoa(e.n)))
		e.seq = m.seq
	}
	m.quiet()
	for _, s := range m.streams {
		if !s.gone {
			s.end(len(m.events))
			s.leaving = false
		}
	}
	if err := m.hub.Drain(m.t.Context(), 3*time.Second); err != nil {
		m.t.Fatal(err)
	}
	for _, s := range m.streams {
		if !s.isClosed() {
			m.t.Error("a stream is left after the drain")
		}
		m.check(s)
	}
	if n := m.hub.pool.express.len() + m.hub.pool.bulk.len(); n != 0 {
		m.t.Errorf("%d tasks are left", n)
	}
}
