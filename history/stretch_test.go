package history

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func TestWindow_ReadGoesForward(t *testing.T) {
	to := func(a engine.Address) func(*engine.Record) bool {
		return func(rec *engine.Record) bool { return slices.Contains(rec.To, a) }
	}
	for name, tt := range map[string]struct {
		epoch      string
		from, upTo uint64
		match      engine.Address
		want       []uint64
		lost, next uint64
	}{
		"a part":                      {"e", 4, 8, alice, []uint64{5, 7}, 0, 9},
		"one that has nothing":        {"e", 4, 4, alice, nil, 0, 5},
		"from before the first":       {"e", 1, 6, alice, []uint64{5}, 3, 7},
		"all of it dropped":           {"e", 1, 3, alice, nil, 3, 4},
		"more than a replay may have": {"e", 4, 20, alice, []uint64{5, 7, 9, 11}, 0, 13},
		"more than is looked at":      {"e", 4, 80, "user/nobody", nil, 0, 68},
		"beyond the head":             {"e", 4, 81, alice, nil, 81, 82},
		"of another log":              {"f", 4, 8, alice, nil, 8, 9},
	} {
		t.Run(name, func(t *testing.T) {
			w := NewWindow(Config{MaxReplay: 4, MaxEvents: 77})
			w.Reset("e", 0)
			for seq := range uint64(80) {
				w.Add(entryFor(seq+1, []engine.Address{alice, bob}[seq%2]))
			}
			s := w.Read(tt.epoch, tt.from, tt.upTo, 1<<20, to(tt.match))
			if got := seqs(s.Entries); !slices.Equal(got, tt.want) || s.Lost != tt.lost || s.Next != tt.next {
				t.Errorf("got %v, lost %d, next %d, want %v, %d, %d", got, s.Lost, s.Next, tt.want, tt.lost, tt.next)
			}
		})
	}
}

func TestWindow_ReadLeavesOutWhatIsOverAndWhatIsNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWindow(Config{}, alice)
		short, order := entryFor(2, alice), entryFor(3, alice)
		short.Record.TTL, short.Record.Time = time.Second, time.Now()
		order.Record.Kind = engine.Disconnect
		w.Add(short, order, entryFor(4, alice))
		time.Sleep(2 * time.Second)
		s := w.Read("e", 1, 4, 1<<20, func(*engine.Record) bool { return true })
		if got := seqs(s.Entries); !slices.Equal(got, []uint64{1, 4}) || s.Lost != 0 || s.Next != 5 {
			t.Errorf("got %v, lost %d, next %d", got, s.Lost, s.Next)
		}
	})
}

func TestWindow_ReadForgetsWhatIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWindow(Config{MaxAge: time.Minute}, alice)
		time.Sleep(time.Minute)
		if s := w.Read("e", 1, 1, 1<<20, func(*engine.Record) bool { return true }); len(s.Entries) != 0 || s.Lost != 1 || s.Next != 2 {
			t.Errorf("got %+v", s)
		}
	})
}

// What has many addresses takes long to look at, and the window waits.
func TestWindow_ReadCountsAddresses(t *testing.T) {
	w := NewWindow(Config{MaxReplay: 4})
	w.Reset("e", 0)
	for seq := range uint64(80) {
		w.Add(entryFor(seq+1, slices.Repeat([]engine.Address{alice}, 8)...))
	}
	if s := w.Read("e", 1, 80, 1<<20, func(*engine.Record) bool { return false }); s.Next != 9 {
		t.Errorf("next %d, want 9: 64 addresses were looked at", s.Next)
	}
}

func TestWindow_ReadStopsWhereTheRoomEnds(t *testing.T) {
	w := newTestWindow(Config{}, alice, bob, alice, alice)
	size := len(w.ring.at(1).entry.Frame)
	mine := func(rec *engine.Record) bool { return rec.To[0] == alice }
	for room, want := range map[int][]uint64{0: {1}, size: {1}, 2*size - 1: {1}, 2 * size: {1, 3}, 3 * size: {1, 3, 4}} {
		s := w.Read("e", 1, 4, room, mine)
		next := map[int]uint64{1: 3, 2: 4, 3: 5}[len(want)] // never one of others
		if got := seqs(s.Entries); !slices.Equal(got, want) || s.Next != next {
			t.Errorf("room %d: got %v, next %d, want %v and %d", room, got, s.Next, want, next)
		}
	}
}
