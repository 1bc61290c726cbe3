package actors

// keepQueue is the capacity, in tasks, that a queue keeps when it runs empty.
const keepQueue = 1 << 14

// queue is a first-in first-out ring of tasks that grows as needed.
type queue struct {
	ring  []task // its length is a power of two
	first int
	size  int
}

func (q *queue) len() int { return q.size }

func (q *queue) push(t task) {
	if q.size == len(q.ring) {
		q.grow()
	}
	q.ring[(q.first+q.size)&(len(q.ring)-1)] = t
	q.size++
}

func (q *queue) pop() task {
	t := q.ring[q.first]
	q.ring[q.first] = nil
	q.first = (q.first + 1) & (len(q.ring) - 1)
	if q.size--; q.size == 0 && len(q.ring) > keepQueue {
		*q = queue{} // a broadcast to a million must not pin its ring for ever
	}
	return t
}

func (q *queue) grow() {
	ring := make([]task, max(64, 2*len(q.ring)))
	n := copy(ring, q.ring[q.first:])
	copy(ring[n:], q.ring[:q.first])
	q.ring, q.first = ring, 0
}
