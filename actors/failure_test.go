package actors

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
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

// A user that fails has messages in its mailbox. Their publishers get an answer
// and its streams end, also those that were on their way to it.
func TestFailure_OfAUserCompletesReceiptsAndPresence(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	for range 20 {
		s := f.attach("alice")
		f.failUsers()
		var receipts []*history.Receipt
		late := newSink()
		for i := range 50 {
			receipts = append(receipts, f.publish(&engine.Record{To: []engine.Address{engine.User("alice")}, Name: "n"}, "x"))
			if i == 25 {
				f.attachTo(late, "alice")
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		if _, _, err := f.hub.User(ctx, "alice"); err != nil {
			t.Fatalf("presence: %v", err)
		}
		cancel()
		for _, r := range receipts {
			f.counts(r)
		}
		s.waitClosed(t)
		late.wait(t, "opening or close", func() bool { return late.closed || late.got.Len() > 0 })
		if !late.isClosed() {
			late.owner.Hangup(ReasonClient)
			late.waitClosed(t)
		}
		f.waitConnections(0)
		f.waitUsers(0)
	}
}

// A user may fail before it learns whose it is.
func TestFailure_OfAUserWithoutANameIsFound(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	pid := f.hub.system.NewLocalPID("x")
	ref := &userRef{id: "alice", pid: pid}
	ref.inflight.Store(2)
	a := &registry{hub: f.hub, users: map[string]*userRef{"alice": ref}, index: newIndex(), kept: &kept{}, inflight: new(atomic.Int64)}
	a.inflight.Store(3)
	a.bury(&gone{pid: pid})
	if len(a.users) != 0 || a.inflight.Load() != 1 {
		t.Errorf("%d users, %d messages on their way", len(a.users), a.inflight.Load())
	}
}

func TestFailure_OfARefusalIsContained(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.MaxPerUser = 1 })
	defer f.stop()
	s := f.attach("alice")
	f.hub.Attach(&Attach{User: "alice", Stream: rude{newSink()}})
	s.owner.Hangup("made up")
	s.waitClosed(t)
	f.waitConnections(0)
	if n := f.hub.metrics.faultsByKind["registry"].Get(); n != 0 {
		t.Errorf("the registry failed %d times", n)
	}
	if n := f.hub.metrics.closedBy[reasonOther].Get(); n != 1 {
		t.Errorf("%d streams ended for another reason, want 1", n)
	}
}

// rude is a stream that cannot be refused.
type rude struct{ *sink }

func (rude) Refuse(Reason) { panic("no") }
