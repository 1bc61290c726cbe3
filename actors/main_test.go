package actors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/sse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testEpoch is the epoch of every test's log.
const testEpoch = "t1"

// fixture is a hub with a window and a log that the test writes.
type fixture struct {
	t      *testing.T
	hub    *Hub
	window *history.Window
	seq    uint64
}

// newFixture starts a hub. Inside a synctest bubble the test must end by stop.
func newFixture(t *testing.T, configure ...func(*Config)) *fixture {
	t.Helper()
	limits := history.DefaultConfig()
	limits.MaxReplay = 10_000
	w := history.NewWindow(limits)
	w.Reset(testEpoch, 0)
	cfg := DefaultConfig()
	cfg.Window = w
	cfg.Workers = 2
	for _, f := range configure {
		f(&cfg)
	}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{t: t, hub: h, window: w}
}

func (f *fixture) stop() {
	f.t.Helper()
	if err := f.hub.Close(context.Background()); err != nil {
		f.t.Errorf("close: %v", err)
	}
}

// publish appends an event to the window and the hub, as the tail does.
func (f *fixture) publish(rec *engine.Record, text string) *history.Receipt {
	f.t.Helper()
	e := f.stored(rec, text)
	f.hub.Deliver([]*history.Entry{e})
	return e.Receipt
}

// stored makes an entry of an event and adds it to the window.
func (f *fixture) stored(rec *engine.Record, text string) *history.Entry {
	f.t.Helper()
	rec.Time = time.Now()
	body, err := sse.AppendEvent(nil, &sse.Event{Name: rec.Name, Data: []byte(text)})
	if err != nil {
		f.t.Fatal(err)
	}
	rec.Body = body
	e := &history.Entry{Record: rec, Receipt: history.NewReceipt()}
	if rec.Transient {
		e.Frame = body
	} else {
		f.seq++
		e.Seq = f.seq
		e.Frame = append(sse.AppendID(nil, fmt.Sprintf("%s-%d", f.window.Epoch(), f.seq)), body...)
		f.window.Add(e)
	}
	return e
}

// to publishes a plain event to the addresses and returns who took it.
func (f *fixture) to(text string, addresses ...engine.Address) (connections, users int) {
	f.t.Helper()
	return f.counts(f.publish(&engine.Record{To: addresses, Name: "n"}, text))
}

func (f *fixture) counts(r *history.Receipt) (connections, users int) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	connections, users, err := r.Wait(ctx)
	if err != nil {
		f.t.Fatalf("receipt: %v", err)
	}
	return connections, users
}

// attach opens a stream for a user and waits until it has begun.
func (f *fixture) attach(user string, configure ...func(*Attach)) *sink {
	f.t.Helper()
	s := newSink()
	f.attachTo(s, user, configure...)
	s.waitFor(f.t, "event: connected")
	return s
}

func (f *fixture) attachTo(s *sink, user string, configure ...func(*Attach)) {
	a := &Attach{User: user, Stream: s, Head: []byte("HEAD\r\n\r\n")}
	for _, c := range configure {
		c(a)
	}
	f.hub.Attach(a)
}

// ping waits until the registry has handled everything before.
func (f *fixture) ping() {
	f.t.Helper()
	if err := f.hub.Ping(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

// sink is a stream in memory. room bounds what it takes; -1 is no bound.
type sink struct {
	mu      sync.Mutex
	changed chan struct{}
	got     bytes.Buffer
	room    int
	starved bool // a write found no room
	owner   StreamOwner
	closed  bool
	refused Reason
	fault   string // TryWrite panics on bytes that hold it
	broken  bool   // TryWrite fails
	writes  int
	onWrite func() // called before each write, by whoever writes
}

var _ Stream = (*sink)(nil)

func newSink() *sink { return &sink{room: -1, changed: make(chan struct{})} }

func (s *sink) Start(owner StreamOwner) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owner = owner
	return nil
}

func (s *sink) TryWrite(p []byte) (int, error) {
	if s.onWrite != nil {
		s.onWrite()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		panic("write after close")
	}
	if s.fault != "" && bytes.Contains(p, []byte(s.fault)) {
		panic(s.fault)
	}
	if s.broken {
		return 0, errors.New("broken pipe")
	}
	n := len(p)
	if s.room >= 0 {
		n = min(n, s.room)
		s.room -= n
		s.starved = n < len(p)
	}
	s.writes++
	s.got.Write(p[:n])
	s.notify()
	return n, nil
}

// allow gives the sink more room, or no bound with -1.
func (s *sink) allow(room int) {
	s.mu.Lock()
	s.room = room
	owner, starved := s.owner, s.starved
	s.starved = false
	s.mu.Unlock()
	if starved {
		owner.Writable()
	}
}

func (s *sink) Refuse(reason Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused, s.closed = reason, true
	s.notify()
}

func (s *sink) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		panic("closed twice")
	}
	s.closed = true
	s.notify()
}

func (s *sink) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *sink) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.String()
}

func (s *sink) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// wait blocks until the condition holds. It is called with the lock held.
func (s *sink) wait(t *testing.T, what string, condition func() bool) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		s.mu.Lock()
		ok, changed := condition(), s.changed
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("no %s in the last of %q", what, last(s.text(), 500))
		}
	}
}

func (s *sink) waitFor(t *testing.T, text string) {
	t.Helper()
	s.wait(t, text, func() bool { return strings.Contains(s.got.String(), text) })
}

func (s *sink) waitClosed(t *testing.T) {
	t.Helper()
	s.wait(t, "close", func() bool { return s.closed })
}

// events decodes what the sink got, without the head.
func (s *sink) events(t *testing.T) []sse.Event {
	t.Helper()
	body := strings.TrimPrefix(s.text(), "HEAD\r\n\r\n")
	d := sse.NewDecoder(strings.NewReader(body), 1<<20)
	var all []sse.Event
	for {
		ev, err := d.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		all = append(all, ev)
	}
}

// data returns the payloads of the events named n.
func (s *sink) data(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, ev := range s.events(t) {
		if ev.Name == "n" {
			all = append(all, string(ev.Data))
		}
	}
	return all
}

func last(text string, n int) string { return text[max(0, len(text)-n):] }
