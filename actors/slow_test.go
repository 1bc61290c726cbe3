package actors

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
)

// stuck attaches a client that takes nothing any more.
func (f *fixture) stuck() *sink {
	f.t.Helper()
	s := f.attach("alice")
	s.allow(0)
	return s
}

func (f *fixture) keyed(text, key string, slow engine.SlowPolicy) {
	f.t.Helper()
	f.counts(f.publish(&engine.Record{To: []engine.Address{engine.All}, Name: "n", Key: key, Slow: slow}, text))
}

// settle waits until the sink's connection has handled all that was published.
func (f *fixture) settle(s *sink) {
	f.t.Helper()
	s.mu.Lock()
	c := s.owner.(*connection)
	s.mu.Unlock()
	for deadline := time.Now().Add(30 * time.Second); c.inbox.head.Load() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatal("the connection goes on and on")
		}
	}
}

func TestSlowConsumer_GetsWhatWaitedInOneWrite(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	s := f.stuck()
	before := s.writes
	for _, text := range []string{"a", "b", "c", "d"} {
		f.to(text, engine.User("alice"))
	}
	f.settle(s)
	s.allow(-1)
	s.waitFor(t, "data: d\n")
	if got, want := s.data(t), []string{"a", "b", "c", "d"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := s.writes - before; n > 1+4 { // empty attempts while it was full, then one write for all
		t.Errorf("%d writes for four frames", n)
	}
}

func TestSlowConsumer_FinishesAPartialFrameFirst(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	s := f.attach("alice")
	s.allow(7)
	f.to("first", engine.User("alice"))
	f.settle(s)
	f.to("second", engine.User("alice"))
	for i := range 30 {
		s.allow(3 + i%5)
	}
	s.allow(-1)
	s.waitFor(t, "second")
	if got, want := s.data(t), []string{"first", "second"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSlowConsumer_ConflateReplacesThePredecessorAtTheEnd(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	s := f.stuck()
	f.keyed("head", "", 0) // may be partly out already, so it is never replaced
	f.keyed("price-1", "price", 0)
	f.keyed("other", "", 0)
	f.keyed("price-2", "price", 0)
	f.settle(s)
	s.allow(-1)
	s.waitFor(t, "price-2")
	if got, want := s.data(t), []string{"head", "other", "price-2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSlowConsumer_IsToldExactlyWhatItMissed(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.MaxQueueBytes, c.SlowPolicy = 200, engine.SlowGap })
	defer f.stop()
	s := f.attach("alice")
	s.allow(4)
	f.to("half out", engine.All) // 1
	for range 8 {                // 2 to 9
		f.to(strings.Repeat("x", 50), engine.All)
	}
	f.settle(s)
	s.allow(-1)
	s.waitFor(t, "event: gap")
	f.to("after", engine.All)
	s.waitFor(t, "after")
	var names []string
	for _, ev := range s.events(t)[1:] {
		names = append(names, ev.Name+" "+string(ev.Data))
	}
	names = slices.DeleteFunc(names, func(n string) bool { return strings.Contains(n, "settled") })
	if counted := f.hub.metrics.sum(func(w *workerCounters) uint64 { return w.gapped.Load() }); counted < 8 {
		t.Errorf("%d of at least 8 dropped events are counted", counted)
	}
	want := []string{"n half out", `gap {"from":"t1-2","to":"` + lastDropped(t, s) + `","reason":"slow"}`, "n after"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q\nwant %q", names, want)
	}
}

// lastDropped reads the id-only block behind the gap, which must agree with it.
func lastDropped(t *testing.T, s *sink) string {
	t.Helper()
	_, rest, ok := strings.Cut(s.text(), `"reason":"slow"}`+"\n\nid: ")
	if !ok {
		t.Fatalf("no position behind the gap in %q", s.text())
	}
	id, _, _ := strings.Cut(rest, "\n")
	return id
}

func TestSlowConsumer_PolicyOfTheMessageWins(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.MaxQueueBytes = 100; c.SlowPolicy = engine.SlowGap })
	defer f.stop()
	s := f.stuck()
	other := f.attach("bob")
	for range 4 {
		f.keyed(strings.Repeat("x", 50), "", engine.SlowDisconnect)
	}
	s.waitClosed(t)
	f.to("bob lives", engine.User("bob"))
	other.waitFor(t, "bob lives")
	if f.hub.metrics.closedBy[ReasonSlow].Get() != 1 {
		f.waitConnections(1)
	}
	if n := f.hub.metrics.closedBy[ReasonSlow].Get(); n != 1 {
		t.Errorf("%d streams counted as slow, want 1", n)
	}
}

func TestSlowConsumer_ReplayIsNotCutByTheLimit(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.MaxQueueBytes = 100 })
	defer f.stop()
	for range 50 {
		f.to(strings.Repeat("y", 40), engine.All)
	}
	s := newSink()
	s.room = 300
	f.attachTo(s, "alice", func(a *Attach) { a.LastEventID = "t1-0" })
	s.waitFor(t, "data: yyy")
	for range 50 {
		f.settle(s)
		s.allow(100)
	}
	s.allow(-1)
	s.waitFor(t, "id: t1-50\n")
	if got := len(slices.DeleteFunc(s.data(t), func(d string) bool { return d == "settled" })); got != 50 || strings.Contains(s.text(), "event: gap") {
		t.Errorf("got %d of 50 replayed events: %q", got, s.text())
	}
}
