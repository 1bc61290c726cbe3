package actors

import "time"

// tickEvery is the beat of the wheel, and its resolution.
const tickEvery = 100 * time.Millisecond

// wheelSlots is how many beats ahead the wheel reaches: 51 seconds.
const wheelSlots = 512

// wheel is the one timer for all connections: a ring of slots, each with the
// connections to look at in that beat. A connection is in one slot; looking at
// it puts it into its next one, so writing to a stream never touches the wheel.
// It goes by the monotonic clock, since a wall clock may be set back.
type wheel struct {
	slots [wheelSlots][]*connection
	start time.Time
	beat  int64 // the last one handled, in beats since the start
	now   int64 // the beat that it is: ahead of beat while that catches up
}

func newWheel(now time.Time) wheel { return wheel{start: now} }

// add puts a connection into the slot of a time from now: the furthest if that
// is out of reach. It is due up to a beat early, and never late.
func (l *wheel) add(c *connection, in time.Duration) {
	beat := min(l.now+max(int64(in/tickEvery), 1), l.beat+wheelSlots-1)
	slot := &l.slots[beat%wheelSlots]
	*slot = append(*slot, c)
}

// advance calls visit for the connections whose time has come. visit may add.
func (l *wheel) advance(now time.Time, visit func(*connection)) {
	l.now = max(l.now, int64(now.Sub(l.start)/tickEvery))
	l.beat = max(l.beat, l.now-wheelSlots+1) // one turn reaches every slot
	for l.beat < l.now {
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
