package actors

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// counter is a task that counts messages of many senders.
type counter struct {
	inbox   inbox
	pool    *pool
	running atomic.Int32
	last    map[int]int
	sum     int
	broken  atomic.Bool
}

type numbered struct{ sender, n int }

func (c *counter) run(*worker) {
	if c.running.Add(1) != 1 {
		c.broken.Store(true)
	}
	for it := c.inbox.take(); it != nil; it = it.next {
		m := it.msg.(numbered)
		if m.n != c.last[m.sender]+1 {
			c.broken.Store(true)
		}
		c.last[m.sender] = m.n
		c.sum++
	}
	c.running.Add(-1)
	if c.inbox.release() {
		c.pool.scheduleBulk(c)
	}
}

func TestPool_RunsATaskOnceAtATimeAndLosesNothing(t *testing.T) {
	p := newPool(4)
	c := &counter{pool: p, last: map[int]int{}}
	var senders sync.WaitGroup
	for s := range 8 {
		senders.Go(func() {
			for n := range 5000 {
				if c.inbox.push(numbered{s, n + 1}) {
					p.scheduleExpress(c)
				}
			}
		})
	}
	senders.Wait()
	p.close()
	if c.broken.Load() || c.sum != 8*5000 {
		t.Errorf("handled %d of %d messages, broken=%v", c.sum, 8*5000, c.broken.Load())
	}
}

func TestPool_ExpressOvertakesBulkWithoutStarvingIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1)
		gate := make(chan struct{})
		p.Schedule(func() { <-gate })
		synctest.Wait()
		var order []string
		for range 1000 {
			p.scheduleBulk(taskFunc(func() { order = append(order, "bulk") }))
			p.scheduleExpress(taskFunc(func() { order = append(order, "express") }))
		}
		close(gate)
		p.close()
		first := 0
		for order[first] == "express" {
			first++
		}
		if first < 100 || first > 500 {
			t.Errorf("the first bulk task ran after %d express tasks", first)
		}
		if len(order) != 2000 {
			t.Errorf("%d tasks ran, want 2000", len(order))
		}
	})
}

func TestWorker_HoldsNoFramesBetweenRuns(t *testing.T) {
	w := &worker{}
	for range 2 * keepBatch {
		w.batch = append(w.batch, queued{frame: []byte("x")})
	}
	w.forget()
	if cap(w.batch) > keepBatch {
		t.Errorf("room for %d frames is kept", cap(w.batch))
	}
	w.batch = append(make([]queued, 0, 8), queued{frame: []byte("x")})
	w.forget()
	if kept := w.batch[:1]; kept[0].frame != nil {
		t.Error("a frame is kept")
	}
}
