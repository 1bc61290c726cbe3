package webhook

import (
	"fmt"
	"testing"
	"time"

	"example.org/hub/engine"
)

// The users of a hub that is cut off are offline for the others, who tell that, and
// that they are back with it.
func TestWatcher_AHubThatIsCutOff(t *testing.T) {
	for _, long := range []time.Duration{engine.LeaseTTL + settled, 5 * time.Minute} {
		inFleet(t, func(f *fleet) {
			a := f.start("a")
			b := f.start("b")
			a.journal.Note("alice", true)
			f.after(settled, "a online:alice@a")
			a.cut.Store(true)
			f.after(long, "b offline:alice@a")
			b.journal.Note("bob", true)
			f.after(settled, "b online:bob@b")
			a.journal.Note("carol", true)
			f.after(settled)
			a.cut.Store(false)
			f.after(engine.LeaseEvery+settled, "b online:alice@a", "b online:carol@a")
			b.journal.Note("bob", false)
			f.after(settled, "a offline:bob@b")
			f.after(2 * time.Minute)
		})
	}
}

// What happens while all hubs are cut off is told once when they are back.
func TestWatcher_AllHubsAreCutOff(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a := f.start("a")
		b := f.start("b")
		a.journal.Note("alice", true)
		f.after(settled, "a online:alice@a")
		a.cut.Store(true)
		b.cut.Store(true)
		f.after(time.Minute)
		a.journal.Note("alice", false)
		b.journal.Note("bob", true)
		f.after(3 * time.Minute)
		a.cut.Store(false)
		b.cut.Store(false)
		f.after(engine.LeaseEvery+settled, "a offline:alice@a", "a online:bob@b")
		f.after(2 * time.Minute)
	})
}

// The users of a hub that has a lease stay, whether it answers or not.
func TestWatcher_AHubThatIsSilent(t *testing.T) {
	inFleet(t, func(f *fleet) {
		f.start("a")
		b := f.start("b")
		b.journal.Note("alice", true)
		f.after(settled, "a online:alice@b")
		b.mute.Store(true)
		f.after(time.Minute)
		b.journal.Note("alice", false)
		f.after(time.Minute)
		b.mute.Store(false)
		f.after(settled, "a offline:alice@b")
	})
}

// A hub without a lease keeps so much and counts the rest.
func TestWatcher_TooMuchToKeep(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a := f.start("a")
		a.cut.Store(true)
		time.Sleep(engine.LeaseTTL + lookEvery)
		for i := range maxQueue + 5 {
			a.journal.Note(fmt.Sprint("u", i), true)
		}
		time.Sleep(settled)
		a.cut.Store(false)
		time.Sleep(engine.LeaseEvery + backAfter + settled)
		if got := f.count(); got != maxQueue {
			f.t.Errorf("%d told", got)
		}
		if got := a.watcher.sender.counts.byQueue.Get(); got != 5 {
			f.t.Errorf("%d counted as dropped", got)
		}
	})
}
