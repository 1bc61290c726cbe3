package actors

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// corrupt is an entry whose routing fails.
func corrupt(seq uint64) *history.Entry {
	return &history.Entry{Seq: seq, Receipt: history.NewReceipt()}
}

// entry adds an event for all to the window, and does not deliver it.
func (f *fixture) entry(text string) *history.Entry {
	f.t.Helper()
	return f.stored(&engine.Record{To: []engine.Address{engine.All}, Name: "n"}, text)
}

// A registry that fails in the middle of a fan-out has connections that nobody
// has scheduled yet.
func TestFailure_OfTheRegistryInAFanoutEndsAllStreams(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	a, b := f.attach("alice"), f.attach("bob")
	first, bad, rest := f.entry("1"), corrupt(2), f.entry("3")
	f.hub.Deliver([]*history.Entry{first, bad, rest})
	a.waitClosed(t)
	b.waitClosed(t)
	f.counts(bad.Receipt)
	f.counts(rest.Receipt)
	f.waitConnections(0)
}

// After a fault the window is ahead of what was routed. A client that comes back
// in between gets everything once.
func TestFailure_OfTheRegistryLosesAndRepeatsNothing(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	var entries []*history.Entry
	for _, text := range []string{"1", "2", "3", "4", "5", "6"} {
		entries = append(entries, f.entry(text))
	}
	f.hub.Deliver(entries[:3])
	f.hub.Deliver([]*history.Entry{corrupt(4)})
	s := newSink()
	f.attachTo(s, "alice", func(a *Attach) { a.LastEventID = "t1-2" })
	f.hub.Deliver(entries[4:])
	s.waitFor(t, "data: 6")
	f.to("end", engine.All)
	s.waitFor(t, "data: end")
	if got, want := s.data(t), []string{"3", "4", "5", "6", "end"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What is in the window when the hub starts may still be delivered.
func TestHub_RoutesNothingThatWasReplayed(t *testing.T) {
	f := newFixture(t)
	var entries []*history.Entry
	for _, text := range []string{"1", "2", "3"} {
		entries = append(entries, f.entry(text))
	}
	f.stop()
	cfg := DefaultConfig()
	cfg.Window = f.window
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.hub = h
	defer f.stop()
	s := f.attach("alice", func(a *Attach) { a.LastEventID = "t1-1" })
	h.Deliver(entries[1:])
	f.to("4", engine.All)
	s.waitFor(t, "data: 4")
	if got, want := s.data(t), []string{"2", "3", "4"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A stream may be opened after the window was reset and before the hub knows.
// Positions of the old and the new epoch must not be mixed.
func TestAttach_BetweenTwoEpochsIsTold(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	f.to("old", engine.All)
	f.window.Reset("t2", 0)
	f.seq = 0
	var entries []*history.Entry
	for _, text := range []string{"1", "2", "3"} {
		entries = append(entries, f.entry(text))
	}
	s := f.attach("alice", func(a *Attach) { a.LastEventID = "t2-2" })
	f.hub.Reset(history.Gap{From: "t1-1", To: "t2-1", Reason: history.GapEpoch})
	f.hub.Deliver(entries[1:])
	s.waitFor(t, "data: 3")
	if got, want := s.data(t), []string{"2", "3"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	want := "event: gap\ndata: {\"from\":\"t2-2\",\"to\":\"t1-1\",\"reason\":\"epoch\"}\n\nid: t1-1\n\nevent: gap\n"
	if !strings.Contains(s.text(), want) {
		t.Errorf("want %q in %q", want, s.text())
	}
}

func TestDrain_SurvivesAFaultOfTheRegistry(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		s := f.attach("alice")
		done := make(chan error, 1)
		go func() { done <- f.hub.Drain(t.Context(), 10*time.Second) }()
		time.Sleep(time.Second)
		f.hub.Deliver([]*history.Entry{corrupt(1)})
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if !s.isClosed() {
			t.Error("the stream is left")
		}
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		default:
			t.Error("the drain does not end")
		}
	})
}
