package swarm

import (
	"bytes"
	"errors"
	"io"
	"time"
)

// loop drives the connections until stop is called.
func (r *reader) loop(stopped <-chan struct{}) error {
	defer r.finish()
	var events []ready
	for {
		var err error
		if events, err = r.poll.wait(events, r.timeout()); err != nil {
			return err
		}
		for _, ev := range events {
			if !ev.wokenUp {
				r.handle(int(ev.id), ev)
			}
		}
		r.cmds.run()
		select {
		case <-stopped:
			return nil
		default:
		}
		if r.opening != nil {
			r.advance()
		}
	}
}

// timeout is how long the loop may wait: for ever, unless connections are being
// opened and have to be given up at some time.
func (r *reader) timeout() time.Duration {
	if r.opening == nil {
		return -1
	}
	return time.Duration(max(r.opening.deadline-Now(), 0))
}

func (r *reader) handle(i int, ev ready) {
	c := &r.conns[i]
	switch c.state {
	case connDialling:
		if ev.out || ev.hangup {
			r.connected(i)
		}
		if c.state == connWaiting && ev.in {
			r.drain(i, ev.hangup)
		}
	case connWaiting, connOpen:
		if len(c.request) > 0 && ev.out {
			r.sendRequest(i)
		}
		if ev.in || ev.hangup {
			r.drain(i, ev.hangup)
		}
	case connStuck:
		if ev.hangup {
			r.stats.Closed++
			r.drop(i)
		}
	case connIdle, connClosed:
	}
}

// drain reads until the socket is empty. A read that did not fill the buffer
// emptied it: what comes later is a new edge. Behind a hang-up there is none,
// so the end itself has to be read.
func (r *reader) drain(i int, hangup bool) {
	c := &r.conns[i]
	for c.state == connWaiting || c.state == connOpen {
		kept := copy(r.buf, c.left)
		n, errno := readSocket(int(c.fd), r.buf[kept:])
		if errno == errAgain {
			return
		}
		if errno != 0 {
			r.ended(i, errno)
			return
		}
		if n == 0 {
			r.ended(i, nil)
			return
		}
		r.now = Now()
		r.stats.Reads++
		r.stats.Bytes += uint64(n)
		if !r.decode(i, kept, n) || (!hangup && kept+n < len(r.buf)) {
			return
		}
	}
}

// decode hands on the events in the buffer and keeps the rest of the last one.
// It reports false when the connection is given up.
func (r *reader) decode(i, kept, n int) bool {
	c := &r.conns[i]
	if !c.gotByte {
		c.gotByte = true
		r.firstByte(c)
	}
	r.cur, r.gotOne = i, false
	left, err := c.dec.feed(r.buf[:kept+n], kept, &r.inflater, r.onFrame)
	if c.state == connWaiting && (r.gotOne || r.opening.Silent && c.dec.inBody) {
		r.opened(i)
	}
	if errors.Is(err, io.EOF) {
		r.ended(i, nil)
		return false
	}
	if err != nil {
		r.broken(i, err)
		return false
	}
	if len(left) == 0 {
		c.left = nil
	} else {
		c.left = append(c.left[:0:cap(c.left)], left...)
	}
	return true
}

// frame takes one event of the current connection.
func (r *reader) frame(id, name, data []byte) {
	r.gotOne = true
	c := &r.conns[r.cur]
	if len(id) > 0 {
		c.id = append(c.id[:0], id...)
	}
	if len(name)+len(data) == 0 {
		return
	}
	st, ok := ParseStamp(data)
	switch {
	case ok && st.Slot < r.slots:
		if r.stats.count(&r.orders[r.cur*r.slots+st.Slot], st, c.since, r.now) {
			r.shared.deliver(st.Slot)
		}
	case bytes.Equal(name, []byte("ping")):
		r.stats.Pings++
	case bytes.Equal(name, []byte("gap")):
		r.stats.Gaps++
		for slot := range r.slots {
			r.orders[r.cur*r.slots+slot].told = true
		}
	default:
		r.stats.Others++
	}
}

var errEarlyEnd = errors.New("closed before the first event")

// ended takes note that the server closed the stream.
func (r *reader) ended(i int, err error) {
	if r.conns[i].state == connWaiting {
		if err == nil {
			err = errEarlyEnd
		}
		r.failed(i, err)
		return
	}
	r.stats.Closed++
	r.drop(i)
}

// broken gives up a stream that cannot be read.
func (r *reader) broken(i int, err error) {
	if r.conns[i].state == connWaiting {
		r.failed(i, err)
		return
	}
	r.stats.Broken++
	r.drop(i)
}

func (r *reader) drop(i int) {
	c := &r.conns[i]
	if c.state == connOpen || c.state == connStuck {
		r.live--
	}
	closeSocket(int(c.fd))
	*c = conn{fd: -1, state: connClosed, id: c.id}
}

// finish closes all connections and lets no caller wait for ever.
func (r *reader) finish() {
	if o := r.opening; o != nil {
		o.done <- o.result
		r.opening = nil
	}
	r.cmds.end()
	for i := range r.conns {
		if s := r.conns[i].state; s != connIdle && s != connClosed {
			r.drop(i)
		}
	}
}
