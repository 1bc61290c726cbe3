package swarm

// order checks the sequence numbers of one slot at one reader, which start at 1.
// seen has a bit for each of the 64 numbers up to last, so that a late arrival
// can be told from a second one.
type order struct {
	seen uint64
	last uint32
	told bool // a gap event came: what is missing before the next number was announced
}

// verdict is what an arrival means.
type verdict uint8

const (
	inOrder   verdict = iota
	afterGap          // in order, but numbers before it have not come
	reordered         // one of those that were missing
	duplicate
)

// take notes an arrival and returns how many numbers it jumped over.
func (o *order) take(seq uint32) (v verdict, skipped uint32) {
	if seq > o.last {
		skipped = seq - o.last - 1
		o.seen = o.seen<<min(skipped+1, 64) | 1
		o.last = seq
		if skipped > 0 {
			return afterGap, skipped
		}
		return inOrder, 0
	}
	back := o.last - seq
	if back >= 64 || o.seen&(1<<back) != 0 {
		return duplicate, 0
	}
	o.seen |= 1 << back
	return reordered, 0
}
