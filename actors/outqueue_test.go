package actors

import (
	"strings"
	"testing"

	"example.org/hub/engine"
	"example.org/hub/history"
)

func TestOutqueue_HoldsNoFramesThatAreGone(t *testing.T) {
	live := func(key string) queued {
		rec := &engine.Record{Key: key}
		return queued{frame: []byte("data: x\n\n"), entry: &history.Entry{Record: rec}, live: true}
	}
	o := newOutqueue([]queued{live(""), live("k")}, 3, false)
	all := o.frames[:2]
	if result, cost := o.push(live("k"), engine.SlowConflate, 1000); result != conflated || cost != 1 || len(o.frames) != 2 {
		t.Fatalf("result %v at %d events, %d frames, want 2", result, cost, len(o.frames))
	}
	if o.live != 18 {
		t.Errorf("%d bytes are counted, want 18", o.live)
	}
	clear(o.advance(6))
	if all[0].frame != nil || o.live != 9 || o.offset != 0 {
		t.Errorf("after the first frame: pinned %v, %d bytes, offset %d", all[0].frame != nil, o.live, o.offset)
	}
}

// A transient event may get lost, and one that replaced a retained one would
// take it along without a word.
func TestOutqueue_ATransientEventReplacesNoRetainedOne(t *testing.T) {
	event := func(seq uint64) queued {
		return queued{frame: []byte("x"), entry: &history.Entry{Seq: seq, Record: &engine.Record{Key: "k"}}, live: true}
	}
	for _, tt := range []struct {
		older, newer uint64
		want         outcome
	}{{1, 2, conflated}, {0, 2, conflated}, {0, 0, conflated}, {1, 0, accepted}} {
		o := newOutqueue([]queued{event(tt.older)}, 0, false)
		if got, _ := o.push(event(tt.newer), engine.SlowConflate, 100); got != tt.want {
			t.Errorf("%d behind %d: %d, want %d", tt.newer, tt.older, got, tt.want)
		}
	}
}

// The older event of the same key is owed as long as the newer one does not take its place.
func TestOutqueue_NamesAnEventInTheGapWhoseSuccessorFindsNoRoom(t *testing.T) {
	event := func(seq uint64, key, data string) queued {
		frame := []byte("id: " + at(seq) + "\ndata: " + data + "\n\n")
		return queued{frame: frame, live: true, entry: &history.Entry{Seq: seq, Frame: frame, Record: &engine.Record{Key: key}}}
	}
	o := newOutqueue([]queued{event(1, "", "half out")}, 3, false)
	o.push(event(2, "k", "older"), engine.SlowConflate, 100)
	o.push(event(3, "", "other"), engine.SlowConflate, 100)
	result, cost := o.push(event(4, "k", strings.Repeat("x", 100)), engine.SlowConflate, 100)
	if want := (dropped{at(2), at(4)}); result != gapped || cost != 3 || o.gap != want {
		t.Errorf("result %v at %d events, gap %v, want %v", result, cost, o.gap, want)
	}
}

// As large as messages may be, it would never get through behind a replay.
func TestOutqueue_OneEventMayBeLargerThanTheLimit(t *testing.T) {
	large := queued{frame: make([]byte, 200), live: true, entry: &history.Entry{Frame: []byte("id: x\n"), Seq: 1, Record: &engine.Record{}}}
	o := newOutqueue([]queued{{frame: []byte("replayed")}}, 3, false)
	for _, want := range []outcome{accepted, gapped} {
		if got, _ := o.push(large, engine.SlowGap, 100); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if o.live != 0 {
		t.Errorf("%d bytes are counted behind the gap", o.live)
	}
}

func at(seq uint64) string { return engine.Position{Epoch: testEpoch, Seq: seq}.String() }
