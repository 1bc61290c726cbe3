package swarm

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"syscall"
)

// opening is a reader's share of one Open.
type opening struct {
	OpenConfig

	next, end int // local numbers yet to be dialled
	limit     int // how many may be on their way at once
	inflight  int
	deadline  int64 // when the rest is given up, by Now
	number    func(local int) int
	addr      netip.AddrPort
	source    func(number int) netip.Addr
	result    OpenResult
	done      chan OpenResult
}

// OpenResult is what came of opening connections.
type OpenResult struct {
	Opened    int
	Failed    int
	Causes    map[string]int // why connections failed, by error text
	FirstByte *Latency       // from the dial to the first byte of the response
	Ready     *Latency       // from the dial to the first event
}

// NewOpenResult returns a result of nothing.
func NewOpenResult() OpenResult {
	return OpenResult{Causes: map[string]int{}, FirstByte: NewLatency(), Ready: NewLatency()}
}

// Add adds the counts of other.
func (o *OpenResult) Add(other *OpenResult) {
	o.Opened += other.Opened
	o.Failed += other.Failed
	for cause := range maps.Keys(other.Causes) {
		o.Causes[cause] += other.Causes[cause]
	}
	o.FirstByte.Merge(other.FirstByte)
	o.Ready.Merge(other.Ready)
}

// advance dials while it may, and ends the opening when nothing is left of it.
func (r *reader) advance() {
	o := r.opening
	if o.inflight > 0 && Now() >= o.deadline {
		r.giveUp()
	}
	for o.next < o.end && o.inflight < o.limit && Now() < o.deadline {
		i := o.next
		o.next++
		if s := r.conns[i].state; o.Resume && s != connIdle && s != connClosed {
			continue
		}
		o.inflight++
		r.dial(i)
	}
	if Now() >= o.deadline && o.next < o.end {
		o.result.Failed += o.end - o.next
		o.result.Causes["timeout"] += o.end - o.next
		o.next = o.end
	}
	if o.inflight == 0 && o.next >= o.end {
		r.opening = nil
		o.done <- o.result
	}
}

func (r *reader) dial(i int) {
	o := r.opening
	number := o.number(i)
	rcvbuf := 0
	if o.Stuck {
		rcvbuf = stuckBuffer
	}
	c := conn{fd: -1, state: connDialling}
	if o.Resume {
		c.id = r.conns[i].id
	}
	fd, err := dial(o.addr, o.source(number), rcvbuf)
	c.fd, c.started = int32(fd), Now()
	if o.Resume {
		c.since = c.started
	}
	r.conns[i] = c
	if err == nil {
		err = r.poll.add(fd, uint32(i))
	}
	if err != nil {
		r.failed(i, err)
	}
}

// connected sends the request when the handshake is over.
func (r *reader) connected(i int) {
	c := &r.conns[i]
	if err := socketError(int(c.fd)); err != nil {
		r.failed(i, err)
		return
	}
	c.state = connWaiting
	c.request = r.opening.Request(nil, r.opening.number(i), c.id)
	r.sendRequest(i)
}

func (r *reader) sendRequest(i int) {
	c := &r.conns[i]
	n, errno := writeSocket(int(c.fd), c.request)
	if errno != 0 && errno != errAgain {
		r.failed(i, errno)
		return
	}
	if c.request = c.request[n:]; len(c.request) == 0 {
		c.request = nil
	}
}

func (r *reader) firstByte(c *conn) {
	if c.state == connWaiting {
		r.opening.result.FirstByte.Record(r.now - c.started)
	}
}

func (r *reader) opened(i int) {
	o, c := r.opening, &r.conns[i]
	c.state = connOpen
	if o.Stuck {
		c.state = connStuck
	}
	r.live++
	o.inflight--
	o.result.Opened++
	o.result.Ready.Record(r.now - c.started)
}

// failed counts a connection that did not get a stream.
func (r *reader) failed(i int, err error) {
	o := r.opening
	o.inflight--
	o.result.Failed++
	o.result.Causes[cause(err)]++
	if c := &r.conns[i]; c.fd >= 0 {
		r.drop(i)
	} else {
		c.state = connClosed
	}
}

func (r *reader) giveUp() {
	for i := range r.conns {
		if s := r.conns[i].state; s == connDialling || s == connWaiting {
			r.failed(i, errTimeout)
		}
	}
}

var errTimeout = errors.New("timeout")

// cause is the text under which a failure is counted.
func cause(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	return fmt.Sprint(err)
}
