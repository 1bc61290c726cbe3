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
	if ok := o.push(live("k"), engine.SlowConflate, 1000); !ok || o.tally != (tally{conflated: 1}) || len(o.frames) != 2 {
		t.Fatalf("ok %v, %+v, %d frames, want 2", ok, o.tally, len(o.frames))
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
		left         int
	}{{1, 2, 1}, {0, 2, 1}, {0, 0, 1}, {1, 0, 2}} {
		o := newOutqueue([]queued{event(tt.older)}, 0, false)
		if o.push(event(tt.newer), engine.SlowConflate, 100); len(o.frames) != tt.left {
			t.Errorf("%d behind %d: %d are left, want %d", tt.newer, tt.older, len(o.frames), tt.left)
		}
	}
}

// The older event of the same key is owed as long as the newer one does not take its place.
func TestOutqueue_KeepsAnEventWhoseSuccessorFindsNoRoom(t *testing.T) {
	event := func(seq uint64, key, data string) queued {
		frame := []byte("id: " + at(seq) + "\ndata: " + data + "\n\n")
		return queued{frame: frame, live: true, entry: &history.Entry{Seq: seq, Frame: frame, Record: &engine.Record{Key: key}}}
	}
	o := newOutqueue([]queued{event(1, "", "half out")}, 3, false)
	o.push(event(2, "k", "older"), engine.SlowConflate, 100)
	o.push(event(3, "", "other"), engine.SlowConflate, 100)
	o.push(event(4, "k", strings.Repeat("x", 100)), engine.SlowConflate, 100)
	if want := (leftover{from: at(4), to: at(4), events: 1}); o.left != want || o.tally != (tally{deferred: 1}) || len(o.frames) != 3 {
		t.Errorf("left %+v, want %+v; %+v, %d frames", o.left, want, o.tally, len(o.frames))
	}
	o.push(event(5, "", strings.Repeat("x", 100)), engine.SlowGap, 100)
	o.tellGap()
	o.push(event(6, "", strings.Repeat("x", 100)), engine.SlowGap, 100)
	if want := (leftover{from: at(2), to: at(6), events: 3, final: true}); o.left != want || o.tally.lost != 2 {
		t.Errorf("left %+v, want %+v; %+v", o.left, want, o.tally)
	}
}

// As large as messages may be, it would never get through behind a replay.
func TestOutqueue_OneEventMayBeLargerThanTheLimit(t *testing.T) {
	large := queued{frame: make([]byte, 200), live: true, entry: &history.Entry{Frame: []byte("id: x\n"), Seq: 1, Record: &engine.Record{}}}
	o := newOutqueue([]queued{{frame: []byte("replayed")}}, 3, false)
	for _, want := range []int{0, 2} {
		if o.push(large, engine.SlowGap, 100); o.left.events != want {
			t.Errorf("%d are left, want %d", o.left.events, want)
		}
	}
	if o.live != 0 {
		t.Errorf("%d bytes are counted behind the gap", o.live)
	}
}

func at(seq uint64) string { return engine.Position{Epoch: testEpoch, Seq: seq}.String() }
