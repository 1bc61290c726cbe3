package swarm

import (
	"fmt"
	"strconv"
	"time"
)

// Run carries out a plan and returns when everything is answered, or when no
// time is left: what was not begun then counts as dropped. late is how far behind
// its time a message may start without being counted as late. Errors are those
// of the connections; answers other than 2xx are in the result.
func (p *Publisher) Run(plan Plan, late, limit time.Duration) (PublishResult, error) {
	p.plan, p.late = plan, int64(late)
	p.out = PublishResult{Errors: map[string]int{}, Response: NewLatency(), Wait: NewLatency()}
	start := Now()
	err := p.loop(start + int64(limit))
	p.out.Elapsed = time.Duration(Now() - start)
	for i := range p.conns {
		p.out.Dropped += uint64(p.conns[i].queue.len())
		p.conns[i].queue = queue{}
	}
	if o, ok := plan.(*Open); ok {
		p.out.Dropped += uint64(o.Count - o.next)
	}
	p.busy = 0
	return p.out, err
}

func (p *Publisher) loop(deadline int64) error {
	var events []ready
	for {
		p.now = Now()
		if p.now >= deadline {
			return nil
		}
		again, more := p.plan.Poll(p.now, p.enqueue)
		if !more && p.busy == 0 {
			return nil
		}
		for _, i := range p.touched {
			if err := p.sendNext(i); err != nil {
				return err
			}
		}
		p.touched = p.touched[:0]
		var err error
		if events, err = p.poll.wait(events, time.Duration(max(min(again, deadline)-Now(), 0))); err != nil {
			return err
		}
		for _, ev := range events {
			if ev.wokenUp {
				continue
			}
			if err := p.handle(int(ev.id), ev); err != nil {
				return err
			}
		}
	}
}

func (p *Publisher) enqueue(conn int, m Message) {
	c := &p.conns[conn]
	if c.queue.len() >= maxQueue {
		p.out.Dropped++
		return
	}
	p.busy++
	c.queue.push(m)
	p.touched = append(p.touched, conn)
}

// sendNext begins the next request of a connection that has none under way.
func (p *Publisher) sendNext(i int) error {
	c := &p.conns[i]
	if c.waiting || c.queue.len() == 0 {
		return nil
	}
	m := c.queue.pop()
	m.Sent = Now()
	if m.Sent-m.Intended > p.late {
		p.out.Late++
	}
	p.out.Wait.Record(m.Sent - m.Intended)
	p.out.Sent++
	c.waiting, c.current, c.begun = true, m, m.Sent
	c.out = p.cfg.Request(c.out[:0], m)
	c.pending = c.out
	return p.write(c)
}

func (p *Publisher) write(c *pubConn) error {
	for len(c.pending) > 0 {
		n, errno := writeSocket(c.fd, c.pending)
		if errno == errAgain {
			return nil
		}
		if errno != 0 {
			return fmt.Errorf("publish: write: %w", errno)
		}
		c.pending = c.pending[n:]
	}
	return nil
}

func (p *Publisher) handle(i int, ev ready) error {
	c := &p.conns[i]
	if ev.out {
		if err := p.write(c); err != nil {
			return err
		}
	}
	if !ev.in && !ev.hangup {
		return nil
	}
	for {
		kept := copy(p.buf, c.in)
		n, errno := readSocket(c.fd, p.buf[kept:])
		if errno == errAgain {
			return nil
		}
		if errno != 0 {
			return fmt.Errorf("publish: read: %w", errno)
		}
		if n == 0 {
			return errClosedByServer
		}
		if err := p.response(i, p.buf[:kept+n]); err != nil {
			return err
		}
		if kept+n < len(p.buf) && !ev.hangup {
			return nil
		}
	}
}

// response takes what came on a connection: a whole answer or a part of one.
func (p *Publisher) response(i int, data []byte) error {
	c := &p.conns[i]
	status, n, err := cutResponse(data)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if n == 0 {
		if len(data) == len(p.buf) {
			return fmt.Errorf("publish: %w", errFrame)
		}
		c.in = append(c.in[:0], data...)
		return nil
	}
	if !c.waiting || n != len(data) {
		return fmt.Errorf("publish: %w: an answer to no request", errHead)
	}
	c.in, c.waiting = c.in[:0], false
	p.busy--
	p.out.Response.Record(Now() - c.begun)
	if status/100 == 2 {
		p.out.Answered++
	} else {
		p.out.Errors[strconv.Itoa(status)]++
	}
	p.plan.Answered(i)
	return p.sendNext(i)
}

// Unanswered is how many requests got another answer than 2xx, or none.
func (r *PublishResult) Unanswered() uint64 { return r.Sent - r.Answered }
