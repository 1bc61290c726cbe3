package history

import "sync"

// maxCounted is how many records' counts are remembered: those of a few batches.
const maxCounted = 4096

// recordID names a record on all hubs, also one without a position.
type recordID struct{ origin, nonce uint64 }

// counted remembers the receipts of the latest records that every hub counts.
type counted struct {
	mu       sync.Mutex
	receipts map[recordID]*Receipt
	order    []recordID // a ring when it is full
	next     int        // the place in it that is taken next
}

func (c *counted) put(id recordID, r *Receipt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.receipts == nil {
		c.receipts = make(map[recordID]*Receipt)
	}
	c.receipts[id] = r
	if len(c.order) < maxCounted {
		c.order = append(c.order, id)
		return
	}
	delete(c.receipts, c.order[c.next])
	c.order[c.next] = id
	c.next = (c.next + 1) % maxCounted
}

func (c *counted) get(id recordID) *Receipt {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.receipts[id]
}

// count gives the entry of another hub's record a receipt, and remembers it.
func (l *Log) count(e *Entry) {
	if e.Receipt == nil {
		e.Receipt = NewReceipt()
	}
	l.counted.put(recordID{e.Record.Origin, e.Record.Nonce}, e.Receipt)
}

// Origin is the number that tells this hub's records from others', see Open.
func (l *Log) Origin() uint64 { return l.origin }

// Count returns whom a record with Counted set has reached on this hub, whichever
// hub has appended it. It is not known while the record is on its way, nor long
// after: the latest 4,096 are remembered.
func (l *Log) Count(origin, nonce uint64) (connections, users int, known bool) {
	r := l.counted.get(recordID{origin, nonce})
	if r == nil || r.parts.Load() > 0 {
		return 0, 0, false
	}
	connections, users = r.sums()
	return connections, users, true
}
