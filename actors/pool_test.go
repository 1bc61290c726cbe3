package actors

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
)

func TestInbox_KeepsOrderAndGivesTheRightToRunOnce(t *testing.T) {
	var q inbox
	if !q.push(1) || q.push(2) || q.push(3) {
		t.Fatal("only the push into an idle inbox schedules")
	}
	n := 0
	for it := q.take(); it != nil; it = it.next {
		if n++; it.msg != n {
			t.Errorf("got %v, want %d", it.msg, n)
		}
	}
	if q.push(4) {
		t.Error("a push while the owner runs schedules it again")
	}
	if !q.release() {
		t.Error("release did not see the message")
	}
	if it := q.take(); it == nil || it.msg != 4 || it.next != nil {
		t.Error("the message is lost")
	}
	if q.release() {
		t.Error("release saw a message in an empty inbox")
	}
	if !q.push(5) {
		t.Error("an idle inbox does not schedule")
	}
}

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

func TestQueue_IsFirstInFirstOutAndShrinks(t *testing.T) {
	var q queue
	next := 0
	for round := range 3 {
		for range 50_000 {
			q.push(&counter{sum: next})
			next++
		}
		for i := range 50_000 {
			if got := q.pop().(*counter).sum; got != round*50_000+i {
				t.Fatalf("got %d, want %d", got, round*50_000+i)
			}
		}
		if cap(q.ring) > keepQueue {
			t.Errorf("an empty queue keeps room for %d", cap(q.ring))
		}
	}
}

// recorder is an invoker that writes down what it is given.
type recorder struct {
	got    []any
	failed []any
	fault  any
}

func (r *recorder) InvokeSystemMessage(m any) { r.got = append(r.got, m) }

func (r *recorder) InvokeUserMessage(m any) {
	if m == r.fault {
		panic("fault")
	}
	r.got = append(r.got, m)
}

func (r *recorder) EscalateFailure(_, m any) { r.failed = append(r.failed, m) }

func TestMailbox_SystemMessagesFirstAndNothingLostOnAFault(t *testing.T) {
	p := &pool{}
	p.wake.L = &p.mu
	p.size, p.workers = 1, []*worker{{pool: p}}
	r := &recorder{fault: 2}
	m := &mailbox{pool: p}
	m.RegisterHandlers(r, p)
	for i := range 4 {
		m.PostUserMessage(i + 1)
	}
	m.PostSystemMessage("stop")
	run := func() {
		for p.express.len() > 0 {
			p.express.pop().run(nil)
		}
	}
	run()
	if len(r.failed) != 1 || r.failed[0] != 2 {
		t.Errorf("failures %v, want [2]", r.failed)
	}
	want := []any{"stop", 1, 3, 4}
	for i, w := range want {
		if i >= len(r.got) || r.got[i] != w {
			t.Fatalf("got %v, want %v", r.got, want)
		}
	}
	m.PostSystemMessage(&actor.SuspendMailbox{})
	m.PostUserMessage(5)
	run()
	if len(r.got) != len(want) || m.UserMessageCount() != 1 {
		t.Errorf("a suspended mailbox handled a message: %v", r.got)
	}
	m.PostSystemMessage(&actor.ResumeMailbox{})
	run()
	if r.got[len(r.got)-1] != 5 {
		t.Errorf("a resumed mailbox did not go on: %v", r.got)
	}
}

func TestMailbox_KeepsOrderBeyondItsBudget(t *testing.T) {
	p := newPool(2)
	r := &recorder{}
	m := &mailbox{pool: p}
	m.RegisterHandlers(r, p)
	for i := range 10 * mailboxBudget {
		m.PostUserMessage(i)
	}
	p.close()
	if len(r.got) != 10*mailboxBudget {
		t.Fatalf("handled %d of %d", len(r.got), 10*mailboxBudget)
	}
	for i, m := range r.got {
		if m != i {
			t.Fatalf("message %d is %v", i, m)
		}
	}
}
