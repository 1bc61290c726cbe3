package history

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

// all asks a window for everything that it has for alice and everyone.
func all(w *Window) Query {
	return Query{LastEventID: position(w.ring.first - 1), UpTo: w.Head(), Addresses: []engine.Address{alice, engine.All}}
}

func TestWindow_KeepsByCount(t *testing.T) {
	w := NewWindow(Config{MaxEvents: 3})
	w.Reset("e", 0)
	for seq := uint64(1); seq <= 10; seq++ {
		w.Add(entryFor(seq, alice))
	}
	got, gap := w.Replay(all(w))
	if want := []uint64{8, 9, 10}; !slices.Equal(seqs(got), want) || gap != nil {
		t.Errorf("got %v, %v, want %v", seqs(got), gap, want)
	}
}

func TestWindow_KeepsByBytes(t *testing.T) {
	one := entryFor(1, alice)
	size := int64(one.Record.Size() + len(one.Frame))
	w := NewWindow(Config{MaxBytes: 3 * size})
	w.Reset("e", 0)
	for seq := uint64(1); seq <= 9; seq++ {
		w.Add(entryFor(seq, alice))
	}
	if s := w.Stats(); s.Events != 3 || s.Bytes != 3*size {
		t.Errorf("%+v, want 3 events of %d bytes each", s, size)
	}

	huge := entryFor(10, alice)
	huge.Frame = []byte(strings.Repeat("x", int(4*size)))
	w.Add(huge)
	if s := w.Stats(); s.Events != 1 {
		t.Errorf("%+v, want the newest alone", s)
	}
	w.Add(entryFor(11, alice))
	if got, _ := w.Replay(all(w)); !slices.Equal(seqs(got), []uint64{11}) {
		t.Errorf("got %v, want 11", seqs(got))
	}
}

func TestWindow_KeepsByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWindow(Config{MaxAge: time.Minute})
		w.Reset("e", 0)
		w.Add(entryFor(1, alice))
		time.Sleep(20 * time.Second)
		w.Add(entryFor(2, alice))
		if s := w.Stats(); s.Events != 2 || s.OldestAge != 20*time.Second {
			t.Errorf("%+v, want 2 events, the oldest of 20 s", s)
		}
		time.Sleep(40 * time.Second)
		// Nothing was added since: a replay evicts too.
		got, gap := w.Replay(Query{LastEventID: position(0), UpTo: 2, Addresses: []engine.Address{alice}})
		if want := (Gap{From: "e-1", To: "e-1", Reason: GapExpired}); !slices.Equal(seqs(got), []uint64{2}) || gap == nil || *gap != want {
			t.Errorf("got %v, %v, want 2 and %v", seqs(got), gap, want)
		}
		time.Sleep(20 * time.Second)
		if s := w.Stats(); s != (Stats{}) {
			t.Errorf("%+v, want nothing", s)
		}
	})
}

func TestWindow_AgeIsThatOfTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWindow(Config{MaxAge: time.Minute})
		w.Reset("e", 0)
		add := func(seq uint64, at time.Time) {
			e := entryFor(seq, alice)
			e.Record.Time = at
			w.Add(e)
		}
		add(1, time.Now().Add(-50*time.Second)) // from an engine that retains it
		add(2, time.Now().Add(time.Hour))       // from a hub whose clock is ahead
		add(3, time.Time{})                     // from nowhere
		time.Sleep(10 * time.Second)
		if s := w.Stats(); s.Events != 2 {
			t.Errorf("%+v, want 2 events", s)
		}
		time.Sleep(50 * time.Second)
		if s := w.Stats(); s.Events != 0 {
			t.Errorf("%+v, want no events", s)
		}
	})
}

func TestWindow_LeavesOutWhatItCannotReplay(t *testing.T) {
	w := newTestWindow(Config{}, alice)
	w.Add(newEntry("e", engine.Stored{Record: &engine.Record{To: []engine.Address{alice}, Transient: true}}))
	w.Add(newEntry("e", engine.Stored{Seq: 2, Record: &engine.Record{Kind: engine.Disconnect, To: []engine.Address{alice}}}))
	w.Add(newEntry("e", engine.Stored{Seq: 3, Record: &engine.Record{Kind: engine.Revoke, To: []engine.Address{alice}}}))
	w.Add(entryFor(4, alice))
	w.Add(entryFor(1, alice), entryFor(4, alice)) // once more
	got, gap := w.Replay(all(w))
	if want := []uint64{1, 4}; !slices.Equal(seqs(got), want) || gap != nil {
		t.Errorf("got %v, %v, want %v", seqs(got), gap, want)
	}
}

func TestWindow_StartsAnewBehindAHole(t *testing.T) {
	w := newTestWindow(Config{}, alice, alice, alice)
	w.Add(entryFor(6, alice), entryFor(7, alice))
	got, gap := w.Replay(Query{LastEventID: position(2), UpTo: 7, Addresses: []engine.Address{alice}})
	if want := (Gap{From: "e-3", To: "e-5", Reason: GapExpired}); !slices.Equal(seqs(got), []uint64{6, 7}) || gap == nil || *gap != want {
		t.Errorf("got %v, %v, want 6, 7 and %v", seqs(got), gap, want)
	}
}

func TestWindow_ResetForgetsEverything(t *testing.T) {
	w := newTestWindow(Config{}, alice, bob)
	w.Reset("f", 100)
	if p := w.Position(); p != (engine.Position{Epoch: "f", Seq: 100}) || w.Epoch() != "f" || w.Head() != 100 {
		t.Errorf("Position = %v", p)
	}
	if s := w.Stats(); s != (Stats{}) {
		t.Errorf("%+v, want nothing", s)
	}
}

func TestWindow_IndexHoldsOnlyWhatIsKept(t *testing.T) {
	w := NewWindow(Config{MaxEvents: 10})
	w.Reset("e", 0)
	for seq := uint64(1); seq <= 1000; seq++ {
		user := engine.User(position(seq))
		w.Add(entryFor(seq, user, news, user))
	}
	if s := w.Stats(); s.Addresses != 11 || s.Events != 10 {
		t.Errorf("%+v, want 10 events for 11 addresses", s)
	}
	for seq := uint64(1001); seq <= 1010; seq++ {
		w.Add(newEntry("e", engine.Stored{Seq: seq, Record: &engine.Record{Kind: engine.Revoke, To: []engine.Address{news}}}))
	}
	if s := w.Stats(); s.Addresses != 0 {
		t.Errorf("%+v, want no addresses", s)
	}
}

// The readers check what any torn state would break: that what they get is in
// order, theirs, and without a hole.
func TestWindow_IsReadWhileItIsWritten(t *testing.T) {
	const entries = 5000
	w := NewWindow(Config{MaxEvents: 100})
	w.Reset("e", 0)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				head := w.Head()
				from := head - min(head, 50)
				got, gap := w.Replay(Query{LastEventID: position(from), UpTo: head, Addresses: []engine.Address{alice, engine.All}})
				if gap == nil && len(got) != int(head-from) {
					t.Errorf("%d entries from %d to %d without a gap", len(got), from, head)
					return
				}
				if !slices.IsSorted(seqs(got)) {
					t.Errorf("out of order: %v", seqs(got))
					return
				}
				w.Stats()
			}
		})
	}
	for seq := uint64(1); seq <= entries; seq++ {
		w.Add(entryFor(seq, []engine.Address{alice, engine.All}[seq%2]))
	}
	close(stop)
	wg.Wait()
}

func TestRing_HoldsConsecutiveSlots(t *testing.T) {
	r := ring{first: 1, next: 1}
	for seq := uint64(1); seq <= 10_000; seq++ {
		r.push(slot{entry: &Entry{Seq: seq}})
		if seq%4 == 0 {
			r.drop()
		}
	}
	for r.len() > 0 {
		if got := r.at(r.first).entry.Seq; got != r.first {
			t.Fatalf("slot %d holds %d", r.first, got)
		}
		r.drop()
	}
	if len(r.slots) > minRing || r.first != 10_001 {
		t.Errorf("%d slots from %d are left", len(r.slots), r.first)
	}
}
