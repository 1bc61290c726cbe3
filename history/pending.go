package history

import (
	"context"
	"sync"
	"time"

	"example.org/hub/engine"
)

// receiptTimeout is how long a publisher waits to learn whom its record reached.
const receiptTimeout = 2 * time.Second

// Outcome says what became of a record that was appended.
type Outcome struct {
	ID          string // the position's text, "" for a transient record
	Connections int    // of this hub, that took it
	Users       int    // whose connections they are
	Duplicate   bool   // it had been appended before; nobody got it now
}

// Pending is a record that the log has and the hub is delivering.
type Pending struct {
	log       *Log
	nonce     uint64
	receipt   *Receipt
	position  engine.Position
	duplicate bool
}

// Wait returns the outcome when this hub has handed the record to its
// connections. After 2 seconds, or when ctx or the log ends, it returns the
// outcome with no connections and no users: the record is in the log all the
// same, its delivery is only late. A duplicate has none either.
func (p *Pending) Wait(ctx context.Context) Outcome {
	out := Outcome{ID: p.position.String(), Duplicate: p.duplicate}
	if p.duplicate {
		return out
	}
	timeout := time.NewTimer(receiptTimeout)
	defer timeout.Stop()
	select {
	case <-p.receipt.done:
	case <-timeout.C:
	case <-p.log.done:
	case <-ctx.Done():
	}
	select {
	case <-p.receipt.done:
		out.Connections, out.Users = p.receipt.sums()
	default:
		p.log.pending.forget(p.nonce)
	}
	return out
}

// pending holds the receipts of this hub's records from before their Append to
// their return in the tail, by nonce.
type pending struct {
	mu       sync.Mutex
	receipts map[uint64]*Receipt
}

func (p *pending) add(nonce uint64, r *Receipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.receipts[nonce] = r
}

// take removes and returns a receipt, nil if nobody waits for it any more.
func (p *pending) take(nonce uint64) *Receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.receipts[nonce]
	delete(p.receipts, nonce)
	return r
}

func (p *pending) forget(nonce uint64) { p.take(nonce) }

// abandon ends the wait for records that will not return.
func (p *pending) abandon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.receipts {
		r.Done(0, 0)
	}
	clear(p.receipts)
}

func (p *pending) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.receipts)
}
