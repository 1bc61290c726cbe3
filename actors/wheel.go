package actors

import "time"

// tickEvery is the beat of the wheel, and its resolution.
const tickEvery = 100 * time.Millisecond

// wheelSlots is how many beats ahead the wheel reaches: 51 seconds.
const wheelSlots = 512

// wheel is the one timer for all connections: a ring of slots, each with the
// connections to look at in that beat. A connection is in one slot; looking at
// it puts it into its next one, so writing to a stream never touches the wheel.
type wheel struct {
	slots [wheelSlots][]*connection
	beat  int64 // the last one handled, in beats since the Unix epoch
}

func newWheel(now time.Time) wheel { return wheel{beat: beatOf(now)} }

func beatOf(t time.Time) int64 { return t.UnixNano() / int64(tickEvery) }

// add puts a connection into the slot of a time: the next beat if that is past,
// the furthest if it is out of reach.
func (l *wheel) add(c *connection, at time.Time) {
	beat := min(max(beatOf(at), l.beat+1), l.beat+wheelSlots-1)
	slot := &l.slots[beat%wheelSlots]
	*slot = append(*slot, c)
}

// advance calls visit for the connections whose time has come. visit may add.
func (l *wheel) advance(now time.Time, visit func(*connection)) {
	for last := beatOf(now); l.beat < last; {
		l.beat++
		slot := &l.slots[l.beat%wheelSlots]
		due := *slot
		*slot = nil
		for _, c := range due {
			visit(c)
		}
		if cap(due) <= 4096 && len(*slot) == 0 { // keep small arrays for the next round
			clear(due)
			*slot = due[:0]
		}
	}
}
