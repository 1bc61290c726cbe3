package actors

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func TestFailure_OfAConnectionEndsThatStreamAlone(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	sick, sibling, other := f.attach("alice"), f.attach("alice"), f.attach("bob")
	sick.fault = "poison"
	f.to("poison", engine.All)
	sick.waitClosed(t)
	f.waitConnections(2)
	if c, u := f.to("still here", engine.All); c != 2 || u != 2 {
		t.Errorf("reached %d connections of %d users, want 2 of 2", c, u)
	}
	sibling.waitFor(t, "still here")
	other.waitFor(t, "still here")
	if n := f.hub.metrics.faultsByKind["connection"].Get(); n != 1 {
		t.Errorf("%d failures counted, want 1", n)
	}
}

// failUsers makes every user actor panic: it sends them an adoption of nothing.
func (f *fixture) failUsers() {
	f.t.Helper()
	for _, bucket := range f.hub.system.ProcessRegistry.LocalPIDs.LocalPIDs {
		for _, id := range bucket.Keys() {
			if strings.HasPrefix(id, registryName+"/") {
				f.hub.send(f.hub.system.NewLocalPID(id), &adopt{})
			}
		}
	}
}

func TestFailure_OfAUserEndsItsStreamsAlone(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	mine := f.attach("alice")
	f.failUsers()
	mine.waitClosed(t)
	f.waitConnections(0)
	other := f.attach("bob")
	again := f.attach("alice")
	if c, u := f.to("again", engine.All); c != 2 || u != 2 {
		t.Errorf("reached %d connections of %d users, want 2 of 2", c, u)
	}
	again.waitFor(t, "again")
	other.waitFor(t, "again")
	if n := f.hub.metrics.faultsByKind["user"].Get(); n != 1 {
		t.Errorf("%d failures counted, want 1", n)
	}
}

func TestFailure_OfTheRegistryEndsAllStreamsAndGoesOn(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	a, b := f.attach("alice"), f.attach("bob")
	f.hub.Attach(nil)
	a.waitClosed(t)
	b.waitClosed(t)
	c := f.attach("alice")
	f.to("again", engine.All)
	c.waitFor(t, "again")
	if n := f.hub.metrics.faultsByKind["registry"].Get(); n != 1 {
		t.Errorf("%d failures counted, want 1", n)
	}
}

func TestConnection_EndsWhenTheSocketFails(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	s := f.attach("alice")
	s.mu.Lock()
	s.broken = true
	s.mu.Unlock()
	f.to("x", engine.All)
	s.waitClosed(t)
	f.waitConnections(0)
	if n := f.hub.metrics.closedBy[ReasonWriteError].Get(); n != 1 {
		t.Errorf("%d write errors counted, want 1", n)
	}
}

// An attach may be on its way to a user that reports itself idle. The registry
// compares how many connections it has given the user; without that comparison
// (registry.passivate) streams of this test are never opened.
func TestRegistry_ChurnNeverLosesAnAttach(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	var wg sync.WaitGroup
	for i := range 8 {
		user := "u" + strconv.Itoa(i%2)
		wg.Go(func() {
			for range 400 {
				s := newSink()
				f.attachTo(s, user)
				s.waitFor(t, "event: connected")
				s.owner.Hangup(ReasonClient)
				s.waitClosed(t)
			}
		})
	}
	wg.Wait()
	f.waitConnections(0)
	f.waitUsers(0)
	if n := f.hub.metrics.deadLetters.Get(); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

func (f *fixture) waitUsers(n int) {
	f.t.Helper()
	for range 10_000 {
		f.ping()
		if f.hub.Stats().Users == int64(n) {
			return
		}
	}
	f.t.Fatalf("%d users, want %d", f.hub.Stats().Users, n)
}

func TestDrain_SpreadsTheEndsAndTellsWhenToComeBack(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		sinks := make([]*sink, 100)
		for i := range sinks {
			sinks[i] = f.attach(strconv.Itoa(i % 30))
		}
		done := make(chan error)
		go func() { done <- f.hub.Drain(t.Context(), 10*time.Second) }()
		open := func() (n int) {
			synctest.Wait()
			for _, s := range sinks {
				if !s.isClosed() {
					n++
				}
			}
			return n
		}
		time.Sleep(5 * time.Second)
		if n := open(); n < 40 || n > 60 {
			t.Errorf("%d of 100 streams are open at half time", n)
		}
		f.to("meanwhile", engine.All)
		late := newSink()
		f.attachTo(late, "late")
		synctest.Wait()
		if late.refused != RefusedDraining {
			t.Errorf("a new stream was refused with %q", late.refused)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if n := open(); n != 0 {
			t.Errorf("%d streams are left", n)
		}
		for _, s := range sinks {
			if !strings.Contains(s.text(), "retry: ") || !strings.Contains(s.text(), `event: reconnect`+"\n"+`data: {"reason":"drain","retryMs":`) {
				t.Fatalf("no goodbye in %q", s.text())
			}
		}
	})
}

func TestHub_ControlRecordsEndStreams(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	one, two, bob := f.attach("alice"), f.attach("alice"), f.attach("bob")
	record := func(kind engine.Kind, to engine.Address) (int, int) {
		return f.counts(f.publish(&engine.Record{Kind: kind, To: []engine.Address{to}}, "-"))
	}
	if c, u := record(engine.Disconnect, engine.Connection(connectionIDOf(t, one))); c != 1 || u != 1 {
		t.Errorf("disconnected %d of %d, want 1 of 1", c, u)
	}
	one.waitClosed(t)
	if c, _ := record(engine.Revoke, engine.User("alice")); c < 1 {
		t.Errorf("revoked %d", c)
	}
	two.waitClosed(t)
	if !strings.Contains(two.text(), `"reason":"revoked"`) || !strings.Contains(one.text(), `"reason":"admin"`) {
		t.Errorf("reasons: %q and %q", one.text(), two.text())
	}
	f.waitConnections(1)
	f.to("bob stays", engine.All)
	bob.waitFor(t, "bob stays")
}

func TestHub_PresenceAndPaging(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	for _, u := range []string{"carol", "alice", "bob", "alice"} {
		f.attach(u, func(a *Attach) { a.UserAgent = "agent/" + u; a.Topics = []string{"t"} })
	}
	page := func(after string, limit int) (ids []string) {
		users, err := f.hub.Users(t.Context(), after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range users {
			ids = append(ids, u.ID+":"+strconv.Itoa(len(u.Connections)))
		}
		return ids
	}
	for _, tt := range []struct {
		after string
		limit int
		want  string
	}{{"", 10, "alice:2 bob:1 carol:1"}, {"", 2, "alice:2 bob:1"}, {"alice", 1, "bob:1"}, {"carol", 5, ""}} {
		if got := strings.Join(page(tt.after, tt.limit), " "); got != tt.want {
			t.Errorf("users after %q: got %q, want %q", tt.after, got, tt.want)
		}
	}
	u, online, err := f.hub.User(t.Context(), "carol")
	if err != nil || !online || u.Connections[0].UserAgent != "agent/carol" || u.Connections[0].Topics[0] != "t" {
		t.Errorf("carol: %+v online=%v err=%v", u, online, err)
	}
	if _, online, _ := f.hub.User(t.Context(), "dave"); online {
		t.Error("dave is online")
	}
}
