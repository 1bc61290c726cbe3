package webhook

import (
	"slices"
	"testing"
	"time"

	"example.org/hub/engine"
)

func TestWatcher_TheNextTellsWhatAHubThatDiedHadNot(t *testing.T) {
	for _, tt := range []struct {
		name string
		dies time.Duration // after alice came
		want []string
	}{
		{"before the debounce", debounce / 2, []string{"b online:alice@c"}},
		{"when it had told for long", settled, []string{"a online:alice@c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inFleet(t, func(f *fleet) {
				a := f.start("a")
				f.start("b")
				c := f.start("c")
				c.journal.Note("alice", true)
				time.Sleep(tt.dies)
				a.die()
				f.after(engine.LeaseTTL+settled, tt.want...)
				c.journal.Note("alice", false)
				f.after(settled, "b offline:alice@c")
				f.after(2 * time.Minute)
			})
		})
	}
}

// Whenever the first hub dies, each event comes, in order; what it told in its
// last second may come again.
func TestWatcher_NothingIsLostWithAHubThatDies(t *testing.T) {
	for dies := time.Duration(0); dies < 2*settled; dies += 500 * time.Millisecond {
		inFleet(t, func(f *fleet) {
			a := f.start("a")
			time.Sleep(330 * time.Millisecond) // they do not look at the same time
			f.start("b")
			time.Sleep(330 * time.Millisecond)
			c := f.start("c")
			go func() {
				time.Sleep(dies)
				a.die()
			}()
			for range 2 {
				c.journal.Note("alice", true)
				time.Sleep(debounce + lookEvery)
				c.journal.Note("alice", false)
				time.Sleep(debounce + lookEvery)
			}
			time.Sleep(engine.LeaseTTL + settled)
			got := f.events()
			told := slices.Compact(slices.Clone(got))
			if len(told) != 4 || len(got) > 5 || told[0] != "online:alice@c" {
				f.t.Errorf("died after %s: got %q", dies, got)
			}
		})
	}
}

// What waits for a service that is down is not lost with the hub where it waits.
func TestWatcher_AHubThatDiesWithAFullQueueLosesNothing(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a := f.start("a")
		b := f.start("b")
		f.down.Store(true)
		b.journal.Note("alice", true)
		time.Sleep(time.Second)
		b.journal.Note("bob", true)
		f.after(time.Minute)
		a.die()
		f.down.Store(false)
		f.after(engine.LeaseTTL+settled, "b online:alice@b", "b online:bob@b")
	})
}

// A hub whose name comes first knows nothing of what settled before it came: who
// told until then tells that.
func TestWatcher_NothingIsLostToAHubThatComes(t *testing.T) {
	for comes := debounce - lookEvery; comes < debounce+2*lookEvery; comes += 100 * time.Millisecond {
		inFleet(t, func(f *fleet) {
			b := f.start("b")
			f.start("c")
			time.Sleep(settled + 50*time.Millisecond)
			b.journal.Note("alice", true)
			time.Sleep(comes)
			f.start("a")
			time.Sleep(settled)
			if got := f.events(); len(got) != 1 {
				f.t.Errorf("came after %s: got %q", comes, got)
			}
			b.journal.Note("alice", false)
			f.after(settled, "a offline:alice@b")
		})
	}
}

// What others told before a hub came does not keep it from telling the same.
func TestWatcher_AHubThatComesTellsTheSameAgain(t *testing.T) {
	inFleet(t, func(f *fleet) {
		b := f.start("b")
		b.journal.Note("alice", true)
		f.after(debounce+lookEvery, "b online:alice@b")
		b.journal.Note("alice", false)
		f.after(debounce+lookEvery, "b offline:alice@b")
		f.start("a")
		b.journal.Note("alice", true)
		f.after(settled, "a online:alice@b")
	})
}

// A hub that stops leaves what it could not tell to the others.
func TestWatcher_AHubThatStopsLeavesWhatItCouldNotTell(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a := f.start("a")
		b := f.start("b")
		b.journal.Note("alice", true)
		f.after(settled, "a online:alice@b")
		f.down.Store(true)
		b.journal.Note("alice", false)
		f.after(settled)
		a.stop()
		f.down.Store(false)
		f.after(settled+retryMost, "b offline:alice@b")
	})
}

// What two hubs have left to a third by dying is known to it.
func TestWatcher_OneAfterTheOtherDies(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a, b, c := f.start("a"), f.start("b"), f.start("c")
		f.down.Store(true)
		c.journal.Note("alice", true)
		f.after(settled)
		c.journal.Note("alice", false)
		f.after(settled)
		a.die()
		f.down.Store(false)
		f.after(engine.LeaseTTL+settled, "b online:alice@c", "b offline:alice@c")
		f.after(2 * settled)
		b.die()
		f.after(engine.LeaseTTL + settled)
		c.journal.Note("alice", true)
		f.after(settled, "c online:alice@c")
	})
}

// A hub that stops waits until others have seen what it told last.
func TestWatcher_AHubThatStopsHasNothingToldTwice(t *testing.T) {
	inFleet(t, func(f *fleet) {
		b := f.start("b")
		time.Sleep(lookEvery / 2)
		a := f.start("a")
		b.journal.Note("alice", true)
		f.arrive()
		a.stop()
		f.after(settled, "a online:alice@b")
	})
}

// What was not told for that long is not told by others any more.
func TestWatcher_KeepsWhatOthersDoNotTellForAWhile(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a := f.start("a")
		b := f.start("b")
		f.down.Store(true)
		b.journal.Note("alice", true)
		f.after(settled + keepOpen)
		b.journal.Note("bob", true)
		f.after(settled)
		a.die()
		f.down.Store(false)
		f.after(engine.LeaseTTL+settled, "b online:bob@b")
	})
}
