package actors

import (
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
	if o.push(live("k"), engine.SlowConflate, 1000) != conflated || len(o.frames) != 2 {
		t.Fatalf("%d frames, want 2", len(o.frames))
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
		if got := o.push(event(tt.newer), engine.SlowConflate, 100); got != tt.want {
			t.Errorf("%d behind %d: %d, want %d", tt.newer, tt.older, got, tt.want)
		}
	}
}
