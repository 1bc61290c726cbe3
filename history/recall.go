package history

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"example.org/hub/engine"
)

// The limits of a recall. Clients wait for it with nothing on their screen, and
// the engine has more to do.
const (
	maxRecall  = 1 << 20 // records before the window that a scan reads
	maxWaiting = 16 << 10
	minRest    = 100 * time.Millisecond // between two scans
	maxScanFor = 4 * time.Second
	nearRecall = 1 << 17 // records before the window that are no reason to wait for others
)

// Recalled is what the engine still had of the events that a client missed and
// that the window has dropped.
type Recalled struct {
	epoch   string
	upTo    uint64   // from here on the window has them
	entries []*Entry // oldest first
	gap     *Gap     // of what could not be recalled either
}

// recall is a client that waits for a scan.
type recall struct {
	query Query
	after uint64
	done  chan *Recalled // takes one value, nil if the scan failed
	left  atomic.Bool    // nobody waits any more
}

// recaller reads the engine for clients whose position lies before the window.
// However many they are, there is one scan at a time, and it is for all that wait.
type recaller struct {
	mu      sync.Mutex
	waiting []*recall
	wasNear bool // the last scan was for those that were away for a short time
	running bool
	closed  bool
	done    sync.WaitGroup
	scans   uint64
	scanned uint64
}

// Prepare gets ready what a returning client missed, before its query goes to
// Replay as part of an attach: it waits for a position that another hub was first
// to reach, and reads from the engine what the window has dropped and the engine
// has not. It takes until ctx ends at most. Nearly always there is nothing to do.
//
// The result belongs into q.Recalled. It is nil if the window has it all, and also
// if the engine cannot be read: then Replay says what is missing. With ErrBehind
// the client is not to be attached: Replay would tell it of a gap that is none.
func (l *Log) Prepare(ctx context.Context, q Query) (*Recalled, error) {
	if q.LastEventID == "" {
		return nil, nil
	}
	if err := l.reach(ctx, q.LastEventID); err != nil {
		return nil, err
	}
	return l.recall(ctx, q), nil
}

// recall reads from the engine what the window has dropped.
func (l *Log) recall(ctx context.Context, q Query) *Recalled {
	pos, err := engine.ParsePosition(q.LastEventID)
	if err != nil || !l.window.dropped(pos) || !l.Up() {
		return nil
	}
	r := &recall{query: q, after: pos.Seq, done: make(chan *Recalled, 1)}
	if !l.enqueue(r) {
		return nil
	}
	select {
	case found := <-r.done:
		return found
	case <-ctx.Done():
		r.left.Store(true)
		return nil
	}
}

// Scans returns how often the engine was read for returning clients, and how many
// records that took.
func (l *Log) Scans() (scans, records uint64) {
	l.recaller.mu.Lock()
	defer l.recaller.mu.Unlock()
	return l.recaller.scans, l.recaller.scanned
}

// dropped reports whether the window once had the entry after a position.
func (w *Window) dropped(pos engine.Position) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return pos.Epoch == w.epoch && pos.Seq+1 < w.ring.first
}

// enqueue adds a client to the next scan, and begins it unless one is under way.
func (l *Log) enqueue(r *recall) bool {
	c := &l.recaller
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.waiting) >= maxWaiting {
		return false
	}
	c.waiting = append(c.waiting, r)
	if !c.running {
		c.running = true
		c.done.Go(l.scanAll)
	}
	return true
}

// close ends recalling, when the log's running has ended.
func (c *recaller) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.done.Wait()
}

// scanAll scans until nobody waits. It rests as long as it reads, so that no
// number of clients with old positions takes more than half of the engine's time.
func (l *Log) scanAll() {
	c := &l.recaller
	for {
		round := c.next(l.window.First())
		if len(round) == 0 {
			return
		}
		began := time.Now()
		l.scanFor(round)
		select {
		case <-time.After(max(minRest, time.Since(began))):
		case <-l.running.Done():
		}
	}
}

// next takes the clients of the next scan out of those that wait. Those that were
// away for a short time and the others have scans of their own, in turn: a few old
// positions must not make everybody wait for long scans.
func (c *recaller) next(first uint64) (round []*recall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var near, far []*recall
	for _, r := range c.waiting {
		switch {
		case r.left.Load():
		case r.after+nearRecall >= first:
			near = append(near, r)
		default:
			far = append(far, r)
		}
	}
	if len(near) > 0 && (len(far) == 0 || !c.wasNear) {
		round, c.waiting, c.wasNear = near, far, true
	} else {
		round, c.waiting, c.wasNear = far, near, false
	}
	c.running = len(round) > 0
	return round
}

// scanFor answers all recalls of a round by one scan.
func (l *Log) scanFor(round []*recall) {
	ctx, cancel := context.WithTimeout(l.running, maxScanFor)
	defer cancel()
	s, err := l.scan(ctx, round)
	if err != nil {
		l.log.Warn("events before the window not recalled", "err", err)
	}
	c := &l.recaller
	c.mu.Lock()
	c.scans++
	if s != nil {
		c.scanned += s.records
	}
	c.mu.Unlock()
	for _, r := range round {
		if err != nil {
			r.done <- nil
		} else {
			r.done <- s.answer(r)
		}
	}
}
