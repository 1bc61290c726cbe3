package actors

import "sync/atomic"

// inbox is an unbounded mailbox for many senders and one reader, in one word.
// The word is also the right to run: nil means that the owner is idle, and the
// push that finds it nil must schedule the owner; anything else means that the
// owner runs or will run. So an owner never runs twice at once, and an idle
// one costs eight bytes.
type inbox struct{ head atomic.Pointer[item] }

// item is one message. New items point to older ones.
type item struct {
	next *item
	msg  any
}

// running is the head of an inbox whose owner has taken everything.
var running = new(item)

// push adds a message and reports whether the caller must schedule the owner.
func (q *inbox) push(msg any) bool {
	it := &item{msg: msg}
	for {
		head := q.head.Load()
		it.next = head
		if q.head.CompareAndSwap(head, it) {
			return head == nil
		}
	}
}

// take removes all messages and returns them, oldest first. Only the running
// owner calls it.
func (q *inbox) take() *item {
	var oldest *item
	for it := q.head.Swap(running); it != nil && it != running; {
		it.next, oldest, it = oldest, it, it.next
	}
	return oldest
}

// release ends a run. It reports whether messages came in meanwhile: then the
// owner keeps the right to run and must be scheduled again.
func (q *inbox) release() (more bool) {
	return !q.head.CompareAndSwap(running, nil)
}
