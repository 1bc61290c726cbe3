package history

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func TestWindow_ReplayIsWholeOrSaysWhatIsMissing(t *testing.T) {
	// Entries 4 to 8 are kept of 8.
	w := NewWindow(Config{MaxEvents: 5})
	w.Reset("e", 0)
	for seq, a := range []engine.Address{alice, bob, alice, alice, bob, engine.All, bob, alice} {
		w.Add(entryFor(uint64(seq)+1, a))
	}
	for _, tt := range []struct {
		name string
		last string
		upTo uint64
		want []uint64
		gap  *Gap
	}{
		{"nothing was seen before", "", 8, nil, nil},
		{"the head", "e-8", 8, nil, nil},
		{"one before the head", "e-7", 8, []uint64{8}, nil},
		{"the middle", "e-5", 8, []uint64{6, 8}, nil},
		{"the entry before the oldest", "e-3", 8, []uint64{4, 6, 8}, nil},
		{"one is missing", "e-2", 8, []uint64{4, 6, 8}, &Gap{"e-3", "e-3", GapExpired}},
		{"from the beginning", "e-0", 8, []uint64{4, 6, 8}, &Gap{"e-1", "e-3", GapExpired}},
		{"later ones come live", "e-3", 7, []uint64{4, 6}, nil},
		{"all come live", "e-7", 6, nil, nil},
		{"the missing ones are not all behind", "e-0", 2, nil, &Gap{"e-1", "e-2", GapExpired}},
		{"nothing is missing before live ones", "e-1", 1, nil, nil},
		{"beyond the head", "e-9", 8, nil, &Gap{"e-9", "e-8", GapEpoch}},
		{"far beyond the head", fmt.Sprintf("e-%d", uint64(math.MaxUint64)), 8, nil, &Gap{fmt.Sprintf("e-%d", uint64(math.MaxUint64)), "e-8", GapEpoch}},
		{"another epoch", "f-5", 8, nil, &Gap{"f-5", "e-8", GapEpoch}},
		{"another epoch, later ones come live", "f-5", 6, nil, &Gap{"f-5", "e-6", GapEpoch}},
		{"no position", "42", 8, nil, &Gap{"", "e-8", GapEpoch}},
		{"a position that no hub wrote", "e-05", 8, nil, &Gap{"", "e-8", GapEpoch}},
		{"a line of its own", "e-5\ndata: x", 8, nil, &Gap{"", "e-8", GapEpoch}},
		{"everything up to whenever", "e-6", math.MaxUint64, []uint64{8}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, gap := w.Replay(Query{LastEventID: tt.last, UpTo: tt.upTo, Addresses: []engine.Address{alice, engine.All}})
			if !slices.Equal(seqs(got), tt.want) {
				t.Errorf("got %v, want %v", seqs(got), tt.want)
			}
			wantGap(t, gap, tt.gap)
		})
	}
}

func wantGap(t *testing.T, got, want *Gap) {
	t.Helper()
	if (got == nil) != (want == nil) || (got != nil && *got != *want) {
		t.Errorf("gap %+v, want %+v", got, want)
	}
}

func TestWindow_ReplayOfAnEmptyLog(t *testing.T) {
	w := newTestWindow(Config{})
	q := Query{LastEventID: "e-0", Addresses: []engine.Address{alice}}
	if got, gap := w.Replay(q); len(got) != 0 || gap != nil {
		t.Errorf("got %v, %v, want nothing", seqs(got), gap)
	}
	q.LastEventID = "e-1"
	_, gap := w.Replay(q)
	wantGap(t, gap, &Gap{"e-1", "e-0", GapEpoch})
}

func TestWindow_ReplaySendsAnEntryOnce(t *testing.T) {
	w := newTestWindow(Config{})
	w.Add(entryFor(1, alice, news), entryFor(2, news), entryFor(3, bob, news, alice, news, alice), entryFor(4, bob), entryFor(5, alice))
	got, gap := w.Replay(Query{LastEventID: "e-0", UpTo: 5, Addresses: []engine.Address{alice, news, alice, engine.All, "topic/none"}})
	if want := []uint64{1, 2, 3, 5}; !slices.Equal(seqs(got), want) || gap != nil {
		t.Errorf("got %v, %v, want %v", seqs(got), gap, want)
	}
}

func TestWindow_ReplaySendsNothingOfOthers(t *testing.T) {
	w := newTestWindow(Config{}, alice, bob, news, engine.All, engine.Connection("c"))
	for a, want := range map[engine.Address][]uint64{
		alice: {1}, bob: {2}, news: {3}, engine.All: {4}, "user/al": nil, "topic/alice": nil, "user/*": nil, "": nil,
	} {
		got, gap := w.Replay(Query{LastEventID: "e-0", UpTo: 5, Addresses: []engine.Address{a}})
		if !slices.Equal(seqs(got), want) || gap != nil {
			t.Errorf("%q got %v, %v, want %v", a, seqs(got), gap, want)
		}
	}
	if got, gap := w.Replay(Query{LastEventID: "e-0", UpTo: 5}); len(got) != 0 || gap != nil {
		t.Errorf("no address got %v, %v", seqs(got), gap)
	}
}

func TestWindow_ReplayLeavesOutTheExpiredWithoutAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWindow(Config{}, alice)
		short := entryFor(2, alice)
		short.Record.TTL = time.Second
		w.Add(short, entryFor(3, alice))
		q := Query{LastEventID: "e-0", UpTo: 3, Addresses: []engine.Address{alice}}
		time.Sleep(time.Second - 1)
		if got, _ := w.Replay(q); !slices.Equal(seqs(got), []uint64{1, 2, 3}) {
			t.Errorf("within its TTL: %v", seqs(got))
		}
		time.Sleep(time.Nanosecond)
		if got, gap := w.Replay(q); !slices.Equal(seqs(got), []uint64{1, 3}) || gap != nil {
			t.Errorf("after its TTL: %v, %v", seqs(got), gap)
		}
	})
}

func TestWindow_ReplayObeysMatch(t *testing.T) {
	w := newTestWindow(Config{MaxReplay: 2}, alice, alice, alice, alice)
	even := func(r *engine.Record) bool { return r.Body[len("data: ")]%2 == 0 }
	got, gap := w.Replay(Query{LastEventID: "e-0", UpTo: 4, Addresses: []engine.Address{alice}, Match: even})
	if want := []uint64{2, 4}; !slices.Equal(seqs(got), want) || gap != nil {
		t.Errorf("got %v, %v, want %v: what does not match counts against no limit", seqs(got), gap, want)
	}
}

func TestWindow_ReplayKeepsTheNewestWithinItsLimit(t *testing.T) {
	to := []engine.Address{alice, bob, alice, bob, alice, alice, bob}
	for _, tt := range []struct {
		name string
		cfg  Config
		want []uint64
		gap  *Gap
	}{
		{"as many as may", Config{MaxReplay: 4}, []uint64{1, 3, 5, 6}, nil},
		{"one too many", Config{MaxReplay: 3}, []uint64{3, 5, 6}, &Gap{"e-1", "e-1", GapLimit}},
		{"two too many", Config{MaxReplay: 2}, []uint64{5, 6}, &Gap{"e-1", "e-3", GapLimit}},
		{"some evicted, some too many", Config{MaxReplay: 2, MaxEvents: 5}, []uint64{5, 6}, &Gap{"e-1", "e-3", GapExpired}},
		{"some evicted, the rest fits", Config{MaxReplay: 3, MaxEvents: 5}, []uint64{3, 5, 6}, &Gap{"e-1", "e-2", GapExpired}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newTestWindow(tt.cfg, to...)
			got, gap := w.Replay(Query{LastEventID: "e-0", UpTo: 7, Addresses: []engine.Address{alice}})
			if !slices.Equal(seqs(got), tt.want) {
				t.Errorf("got %v, want %v", seqs(got), tt.want)
			}
			wantGap(t, gap, tt.gap)
		})
	}
}

func TestWindow_ReplayDoesNotLookForever(t *testing.T) {
	w := NewWindow(Config{MaxReplay: 10})
	w.Reset("e", 0)
	for seq := uint64(1); seq <= 1000; seq++ {
		w.Add(entryFor(seq, engine.All))
	}
	looked := 0
	got, gap := w.Replay(Query{
		LastEventID: "e-100", UpTo: 1000, Addresses: []engine.Address{engine.All},
		Match: func(*engine.Record) bool { looked++; return false },
	})
	if looked > maxScan*10+1 || len(got) != 0 {
		t.Errorf("looked at %d entries, got %d", looked, len(got))
	}
	wantGap(t, gap, &Gap{"e-101", "e-840", GapLimit}) // 841 to 1000 were looked at
}

func FuzzWindow_ReplayLastEventID(f *testing.F) {
	for _, s := range []string{"", "e-0", "e-5", "e-99", "f-5", "e-05", "5", "e-18446744073709551616", "e-1\nid: x", "\x00", "e-5,e-6"} {
		f.Add(s)
	}
	w := NewWindow(Config{MaxEvents: 8, MaxReplay: 2})
	w.Reset("e", 0)
	for seq := uint64(1); seq <= 20; seq++ {
		w.Add(entryFor(seq, []engine.Address{alice, bob}[seq%2]))
	}
	f.Fuzz(func(t *testing.T, last string) {
		got, gap := w.Replay(Query{LastEventID: last, UpTo: 19, Addresses: []engine.Address{alice}})
		for _, e := range got {
			if e.Seq > 19 || e.Record.To[0] != alice {
				t.Fatalf("%q got entry %d for %v", last, e.Seq, e.Record.To)
			}
		}
		pos, err := engine.ParsePosition(last)
		usable := err == nil && pos.Epoch == "e" && pos.Seq <= 20
		switch {
		case last == "" && (gap != nil || len(got) != 0):
			t.Fatalf("nothing got %v, %v", seqs(got), gap)
		case last == "":
		case !usable && (gap == nil || gap.Reason != GapEpoch || len(got) != 0):
			t.Fatalf("%q got %v, %v", last, seqs(got), gap)
		case usable && gap != nil && gap.Reason == GapEpoch:
			t.Fatalf("%q got %v", last, gap)
		}
		if gap != nil && gap.From != "" {
			if _, err := engine.ParsePosition(gap.From); err != nil {
				t.Fatalf("%q got a gap from %q", last, gap.From)
			}
		}
	})
}
