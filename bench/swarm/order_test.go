package swarm

import "testing"

func TestOrder_TellsWhatBecameOfEachEvent(t *testing.T) {
	type arrival struct {
		seq     uint32
		want    verdict
		skipped uint32
	}
	for _, tt := range []struct {
		name     string
		arrivals []arrival
	}{
		{"all in order", []arrival{{1, inOrder, 0}, {2, inOrder, 0}, {3, inOrder, 0}}},
		{"the first ones are missing", []arrival{{3, afterGap, 2}}},
		{"one comes twice", []arrival{{1, inOrder, 0}, {1, duplicate, 0}, {2, inOrder, 0}, {1, duplicate, 0}}},
		{"one comes late, then again", []arrival{{1, inOrder, 0}, {3, afterGap, 1}, {2, reordered, 0}, {2, duplicate, 0}, {4, inOrder, 0}}},
		{"a jump beyond the memory", []arrival{{1, inOrder, 0}, {200, afterGap, 198}, {199, reordered, 0}, {137, reordered, 0}, {136, duplicate, 0}, {1, duplicate, 0}}},
		{"a jump by exactly 64", []arrival{{1, inOrder, 0}, {65, afterGap, 63}, {2, reordered, 0}, {1, duplicate, 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var o order
			for _, a := range tt.arrivals {
				if v, skipped := o.take(a.seq); v != a.want || skipped != a.skipped {
					t.Errorf("%d: %d, skipped %d, want %d, %d", a.seq, v, skipped, a.want, a.skipped)
				}
			}
		})
	}
}

func TestStats_CountsALateEventAsReorderedNotLost(t *testing.T) {
	s, o := NewStats(), order{}
	for _, seq := range []uint32{1, 3, 2, 2, 6} {
		s.count(&o, Stamp{Seq: seq, Intended: 0, Sent: 500_000}, 0, 1_000_000)
	}
	if s.Delivered != 4 || s.Lost() != 2 || s.Reordered != 1 || s.Duplicates != 1 {
		t.Errorf("delivered %d, lost %d, reordered %d, duplicates %d", s.Delivered, s.Lost(), s.Reordered, s.Duplicates)
	}
	if s.Corrected.Count() != 4 || s.Corrected.Max() < s.Actual.Max() {
		t.Errorf("%d corrected latencies, max %v, uncorrected %v", s.Corrected.Count(), s.Corrected.Max(), s.Actual.Max())
	}
}
