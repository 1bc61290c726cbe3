package history

import (
	"context"
	"sync"
	"time"

	"example.org/hub/engine"
)

// receiptTimeout is how long a publisher waits at least to learn whom its record
// reached. One timer looks after all of them, so it may be twice as long.
const receiptTimeout = time.Second

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

// Nonce tells the record from others of this hub; see Log.Count.
func (p *Pending) Nonce() uint64 { return p.nonce }

// Wait returns the outcome when this hub has handed the record to its
// connections. After 1 to 2 seconds, or when ctx or the log ends, it returns the
// outcome with no connections and no users: the record is in the log all the
// same, its delivery is only late. A duplicate has none either.
func (p *Pending) Wait(ctx context.Context) Outcome {
	out := Outcome{ID: p.position.String(), Duplicate: p.duplicate}
	if p.duplicate {
		return out
	}
	if ctx.Done() == nil {
		<-p.receipt.done
	} else {
		select {
		case <-p.receipt.done:
		case <-ctx.Done():
		}
	}
	p.log.pending.forget(p.nonce)
	out.Connections, out.Users = p.receipt.sums()
	return out
}

// pending holds the receipts of this hub's records by nonce, from before their
// Append until nobody waits for them.
type pending struct {
	mu       sync.Mutex
	receipts map[uint64]waiting
	sweeper  *time.Timer // runs while there are receipts
	closed   bool
}

type waiting struct {
	receipt *Receipt
	since   time.Time
}

func (p *pending) add(nonce uint64, r *Receipt, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		r.end()
		return
	}
	p.receipts[nonce] = waiting{r, now}
	if p.sweeper == nil {
		p.sweeper = time.AfterFunc(receiptTimeout, p.sweep)
	}
}

// find returns a receipt, nil if nobody waits for it any more.
func (p *pending) find(nonce uint64) *Receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.receipts[nonce].receipt
}

func (p *pending) forget(nonce uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.receipts, nonce)
}

// sweep ends the waits that have lasted too long.
func (p *pending) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for nonce, w := range p.receipts {
		if time.Since(w.since) >= receiptTimeout {
			w.receipt.end()
			delete(p.receipts, nonce)
		}
	}
	if len(p.receipts) == 0 {
		p.sweeper = nil
		return
	}
	p.sweeper.Reset(receiptTimeout)
}

// abandon ends all waits: their records will not return.
func (p *pending) abandon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endAll()
}

func (p *pending) endAll() {
	for _, w := range p.receipts {
		w.receipt.end()
	}
	clear(p.receipts)
}

// close is abandon for good. A record that is appended at the same moment is
// either ended here or finds the log closed.
func (p *pending) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endAll()
	p.closed = true
	if p.sweeper != nil {
		p.sweeper.Stop()
		p.sweeper = nil
	}
}

func (p *pending) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.receipts)
}
