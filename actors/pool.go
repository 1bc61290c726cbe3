package actors

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// task is something that the pool runs: the mailbox of a protoactor actor, or a
// connection.
type task interface{ run(w *worker) }

// Sizes of the batches that a worker takes at once. A batch spares the lock;
// a long one would keep urgent work waiting.
const (
	expressBatch = 8
	bulkBatch    = 16
	expressTurns = 32 // then a batch of bulk work goes first, so that it never starves
)

// pool is the dispatcher of the whole tree: a fixed number of workers, with
// publishers that help out (help.go), and two queues. What one user or a few streams
// wait for goes into the express queue, larger fan-outs go into the bulk queue, so that
// a message for one user does not wait behind a frame for a million.
type pool struct {
	mu      sync.Mutex
	wake    sync.Cond
	express queue
	bulk    queue
	turns   int
	idle    int
	helpers int       // goroutines from outside that run tasks at the moment
	spare   []*worker // for helpers
	closed  bool
	workers []*worker // those of the pool's own goroutines, then those for helpers
	size    int       // how many of the workers are the pool's own
	done    sync.WaitGroup
}

// worker is one goroutine of the pool, with what it may use while it runs a task.
type worker struct {
	pool  *pool
	now   time.Time // when the current batch began
	join  []byte    // frames that leave in one write are put together here
	batch []queued  // the frames of the run
	count workerCounters
}

// joinLimit is how many bytes leave in one write at most.
const joinLimit = 64 << 10

// keepBatch is the capacity, in frames, that a worker keeps between two runs.
const keepBatch = 1 << 10

// forget drops the frames of a run, or they would live until the next one.
func (w *worker) forget() {
	clear(w.batch)
	if w.batch = w.batch[:0]; cap(w.batch) > keepBatch {
		w.batch = nil
	}
}

func newPool(workers int) *pool {
	p := &pool{size: workers}
	p.wake.L = &p.mu
	for range 2 * workers {
		p.workers = append(p.workers, &worker{pool: p, join: make([]byte, 0, joinLimit)})
	}
	p.spare = slices.Clone(p.workers[workers:])
	for _, w := range p.workers[:workers] {
		p.done.Go(w.loop)
	}
	return p
}

// scheduleExpress queues work that somebody waits for.
func (p *pool) scheduleExpress(ts ...task) {
	p.mu.Lock()
	for _, t := range ts {
		p.express.push(t)
	}
	p.signal()
	p.mu.Unlock()
}

// scheduleBulk queues parts of a fan-out, many under one lock.
func (p *pool) scheduleBulk(ts ...task) {
	p.mu.Lock()
	for _, t := range ts {
		p.bulk.push(t)
	}
	p.signal()
	p.mu.Unlock()
}

// signal wakes workers for queued work. While somebody is busy a single task is
// left to them: runs are short, and waking a sleeping thread costs more than
// they do. Whoever is busy looks at the queues under the lock before it rests.
func (p *pool) signal() {
	waiting := p.express.len() + p.bulk.len()
	if waiting == 0 || p.idle == 0 || (waiting == 1 && (p.idle < p.size || p.helpers > 0)) {
		return
	}
	if waiting > bulkBatch {
		p.wake.Broadcast()
		return
	}
	p.wake.Signal()
}

// waiting says how many tasks wait in each queue.
func (p *pool) waiting() (express, bulk int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.express.len(), p.bulk.len()
}

// close lets the workers finish what is queued and waits for them.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.wake.Broadcast()
	p.mu.Unlock()
	p.done.Wait()
}

func (w *worker) loop() {
	var batch [bulkBatch]task
	for {
		n := w.pool.take(batch[:])
		if n == 0 {
			return
		}
		w.now = time.Now()
		for i, t := range batch[:n] {
			batch[i] = nil
			t.run(w)
		}
		// Writes never block, so nothing else would let the goroutines of the
		// HTTP servers run while a broadcast is under way.
		runtime.Gosched()
	}
}

// take waits for work and fills into with it. It returns 0 once the pool is
// closed and empty.
func (p *pool) take(into []task) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if n := p.pick(into); n > 0 {
			return n
		}
		if p.closed && p.helpers == 0 { // a helper may bring more
			return 0
		}
		p.idle++
		p.wake.Wait()
		p.idle--
	}
}

// pick takes a fair share of one queue.
func (p *pool) pick(into []task) int {
	q, limit := &p.express, expressBatch
	p.turns++
	if q.len() == 0 || (p.turns%expressTurns == 0 && p.bulk.len() > 0) {
		q, limit = &p.bulk, bulkBatch
	}
	n := min((q.len()+p.size-1)/p.size, limit)
	for i := range n {
		into[i] = q.pop()
	}
	return n
}
