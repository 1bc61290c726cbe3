package swarm

// queue holds the messages that wait for a connection, oldest first.
type queue struct {
	items []Message
	head  int
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) push(m Message) { q.items = append(q.items, m) }

// pop takes the oldest message; there must be one.
func (q *queue) pop() Message {
	m := q.items[q.head]
	if q.head++; q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return m
}
