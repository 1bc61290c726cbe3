package actors

import (
	"slices"
	"testing"

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
