package actors

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

func TestClose_RefusesStreamsThatComeLater(t *testing.T) {
	f := newFixture(t)
	f.stop()
	s := newSink()
	f.attachTo(s, "alice")
	if !s.isClosed() || s.refused != RefusedDraining {
		t.Errorf("closed %v, refused with %q", s.isClosed(), s.refused)
	}
}

// Whoever comes while the hub closes is refused or ended, but never forgotten.
// Fails when what is left in a stopped actor's mailbox is dropped.
func TestClose_LeavesNoStreamBehind(t *testing.T) {
	for range 20 {
		f := newFixture(t)
		var wg sync.WaitGroup
		sinks := make([]*sink, 400)
		for i := range sinks {
			sinks[i] = newSink()
		}
		for g := range 4 {
			wg.Go(func() {
				for i := g; i < len(sinks); i += 4 {
					f.attachTo(sinks[i], strconv.Itoa(i%5))
				}
			})
		}
		f.stop()
		wg.Wait()
		for i, s := range sinks {
			if !s.isClosed() {
				t.Fatalf("stream %d is left open", i)
			}
		}
	}
}

func TestClose_AnswersWhoeverStillAsks(t *testing.T) {
	f := newFixture(t)
	f.stop()
	f.stop() // again
	if err := f.hub.Ping(context.Background()); err == nil {
		t.Error("a closed hub is alive")
	}
	if _, err := f.hub.Users(context.Background(), "", 10); err == nil {
		t.Error("a closed hub knows its users")
	}
	if err := f.hub.Drain(context.Background(), time.Hour); err != nil {
		t.Errorf("drain: %v", err)
	}
	if c, u := f.to("late", engine.All); c != 0 || u != 0 {
		t.Errorf("reached %d of %d", c, u)
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
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
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
		if n := f.hub.metrics.users.Load(); n != 0 {
			t.Fatalf("%d users are left", n)
		}
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
