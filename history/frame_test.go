package history

import (
	"math"
	"testing"

	"example.org/hub/engine"
)

func TestNewEntry_FrameIsWhatClientsGet(t *testing.T) {
	body := []byte("event: n\ndata: x\n\n")
	for _, tt := range []struct {
		name   string
		stored engine.Stored
		want   string
	}{
		{"an event has its position as id", engine.Stored{Seq: 42, Record: &engine.Record{Body: body}}, "id: abc-42\nevent: n\ndata: x\n\n"},
		{"the longest number fits", engine.Stored{Seq: math.MaxUint64, Record: &engine.Record{Body: body}}, "id: abc-18446744073709551615\nevent: n\ndata: x\n\n"},
		{"a transient one has no id", engine.Stored{Record: &engine.Record{Body: body, Transient: true}}, "event: n\ndata: x\n\n"},
		{"control has no frame", engine.Stored{Seq: 3, Record: &engine.Record{Kind: engine.Disconnect}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEntry("abc", tt.stored)
			if string(e.Frame) != tt.want || len(e.Frame) != cap(e.Frame) {
				t.Errorf("frame %q of cap %d, want %q", e.Frame, cap(e.Frame), tt.want)
			}
			if e.Seq != tt.stored.Seq || e.Record != tt.stored.Record {
				t.Errorf("entry %+v", e)
			}
		})
	}
}

func TestFrame_IsOneAllocation(t *testing.T) {
	body := make([]byte, 200)
	if n := testing.AllocsPerRun(100, func() { frame("mb1x2k3fabc", 123456, body) }); n != 1 {
		t.Errorf("%v allocations", n)
	}
}
