package history

import (
	"slices"
	"testing"

	"example.org/hub/engine"
)

// entryOf returns an event with a publisher's own id, "" for none.
func entryOf(seq uint64, id string, to ...engine.Address) *Entry {
	e := entryFor(seq, to...)
	e.Record.ID = id
	return e
}

func TestWindow_ReplaysEveryAddress(t *testing.T) {
	w := NewWindow(Config{MaxEvents: 6, MaxReplay: 4})
	w.Reset("e", 0)
	for seq, a := range []engine.Address{alice, bob, alice, engine.All, bob, alice} {
		w.Add(entryFor(uint64(seq)+1, a, engine.Topic("t")))
	}
	w.Add(&Entry{Seq: 7, Record: &engine.Record{Kind: engine.Revoke, To: []engine.Address{alice}}})
	for _, tt := range []struct {
		name string
		q    Query
		want []uint64
		gap  *Gap
	}{
		{"what is behind a position, and no orders", Query{LastEventID: "e-4", UpTo: 7}, []uint64{5, 6}, nil},
		{"later ones come live", Query{LastEventID: "e-4", UpTo: 5}, []uint64{5}, nil},
		{"more than one replay has", Query{LastEventID: "e-1", UpTo: 7}, []uint64{3, 4, 5, 6}, &Gap{"e-2", "e-2", GapLimit}},
		{"the earliest, as much as one replay has", Query{Earliest: true, UpTo: 7}, []uint64{3, 4, 5, 6}, &Gap{"e-2", "e-2", GapLimit}},
		{"some of them", Query{Earliest: true, UpTo: 7, Match: func(r *engine.Record) bool { return r.To[0] == alice }}, []uint64{3, 6}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.q.Addresses = []engine.Address{Every}
			got, gap := w.Replay(tt.q)
			if !slices.Equal(seqs(got), tt.want) {
				t.Errorf("got %v, want %v", seqs(got), tt.want)
			}
			wantGap(t, gap, tt.gap)
		})
	}
}

func TestWindow_ReplaysBehindAPublishersOwnID(t *testing.T) {
	w := NewWindow(Config{MaxEvents: 4})
	w.Reset("e", 0)
	behind := func(id string) ([]uint64, *Gap) {
		found, gap := w.Replay(Query{OwnID: id, UpTo: w.Head(), Addresses: []engine.Address{alice}})
		return seqs(found), gap
	}
	want := func(id string, seqs ...uint64) {
		t.Helper()
		if got, gap := behind(id); !slices.Equal(got, seqs) || gap != nil {
			t.Errorf("behind %q: got %v, %v, want %v", id, got, gap, seqs)
		}
	}
	unknown := func(id string) {
		t.Helper()
		if got, gap := behind(id); len(got) != 0 || gap == nil || gap.Reason != GapEpoch {
			t.Errorf("behind %q: got %v, %v, want a gap", id, got, gap)
		}
	}
	w.Add(entryOf(1, "a", alice), entryOf(2, "b", alice), entryOf(3, "", bob), entryOf(4, "a", alice))
	want("a", 2, 4) // it is repeated: behind the first
	want("b", 4)
	unknown("c")
	unknown("e-2") // a position is not an id

	// The first "a" goes: a client may have had that one, so the second is no place to go on from.
	w.Add(entryFor(5, alice))
	unknown("a")
	want("b", 4, 5)
	w.Add(entryFor(6, alice))
	unknown("b")
	if len(w.ids) != 0 {
		t.Errorf("ids are left: %v", w.ids)
	}
	w.Add(entryOf(7, "b", alice))
	w.Reset("f", 0)
	unknown("b")
}
