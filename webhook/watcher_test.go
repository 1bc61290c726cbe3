package webhook

import (
	"fmt"
	"testing"
	"time"

	"example.org/hub/cluster"
	"example.org/hub/engine"
)

// settled is when what happens has been told, and all hubs know that it has.
const settled = debounce + 3*lookEvery

func TestWatcher_OnlyTheFirstHubTells(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a, b, c := f.start("a"), f.start("b"), f.start("c")
		for _, at := range []*instance{c, a, b} { // wherever it happens
			at.journal.Note("alice", true)
			f.after(settled, "a online:alice@"+at.name)
			at.journal.Note("alice", false)
			f.after(settled, "a offline:alice@"+at.name)
		}
		f.after(2 * time.Minute)
	})
}

func TestWatcher_AReconnectIsNothing(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a, b := f.start("a"), f.start("b")
		b.journal.Note("alice", true)
		f.after(settled, "a online:alice@b")
		b.journal.Note("alice", false)
		f.after(debounce - lookEvery)
		a.journal.Note("alice", true)
		f.after(2 * time.Minute)
	})
}

// The same again within seconds is an event like any other, also on the hub that
// tells.
func TestWatcher_TellsTheSameAgain(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a := f.start("a")
		for range 5 {
			a.journal.Note("alice", true)
			f.after(debounce+lookEvery, "a online:alice@a")
			a.journal.Note("alice", false)
			f.after(debounce+lookEvery, "a offline:alice@a")
		}
	})
}

// A journal that is written anew is read from its beginning again; what was told
// is not heard twice.
func TestWatcher_AJournalWrittenAnewConfirmsNothingTwice(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a := f.start("a")
		b := f.start("b")
		b.journal.Note("alice", true)
		f.after(settled, "a online:alice@b")
		b.journal.Note("alice", false)
		f.after(settled, "a offline:alice@b")
		f.down.Store(true)
		b.journal.Note("alice", true)
		f.after(settled) // decided, not told
		for i := range 20_000 {
			a.journal.Note(fmt.Sprint("u", i/2), i%2 == 0)
		}
		f.after(3 * lookEvery)
		if a.journal.Since(cluster.Cursor{}).Cursor.Anew == 0 {
			f.t.Fatal("not written anew")
		}
		a.die()
		f.down.Store(false)
		f.after(engine.LeaseTTL+settled, "b online:alice@b")
	})
}

// A user who turns as soon as it was told has turned in time for hubs that hear of
// both at once. They must not tell it again when they have to take over.
func TestWatcher_AUserWhoTurnsAtOnce(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a := f.start("a")
		time.Sleep(lookEvery / 2)
		b := f.start("b")
		for range 3 {
			for _, online := range []bool{true, false} {
				b.journal.Note("alice", online)
				f.arrive()
				want := map[bool]string{true: "a online:alice@b", false: "a offline:alice@b"}
				f.after(0, want[online])
			}
		}
		f.after(3 * lookEvery)
		a.die()
		f.after(engine.LeaseTTL + settled)
		b.journal.Note("alice", true)
		f.after(settled, "b online:alice@b")
	})
}

// The first event is still being told when the second is decided.
func TestWatcher_ASlowService(t *testing.T) {
	inFleet(t, func(f *fleet) {
		a := f.start("a")
		b := f.start("b")
		f.slow.Store(int64(sendTimeout - lookEvery))
		b.journal.Note("alice", true)
		time.Sleep(debounce + lookEvery)
		b.journal.Note("alice", false)
		f.after(time.Minute, "a online:alice@b", "a offline:alice@b")
		a.die()
		f.after(time.Minute)
	})
}
