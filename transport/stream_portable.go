package transport

import (
	"net"
	"sync"
	"time"

	"example.org/hub/actors"
)

// portableStream writes through a net.Conn: for TLS, and for systems without
// epoll. It costs two goroutines: the one that fasthttp started for the hijack
// writes, another one reads and drops what the client sends. Between TryWrite
// and the socket lies a bounded buffer, which is freed when it has run empty.
type portableStream struct {
	set     *streams
	conn    net.Conn
	refuse  refusal
	onClose func()
	readers sync.WaitGroup

	mu     sync.Mutex
	wake   sync.Cond // something is queued, or the stream is closed
	owner  actors.StreamOwner
	queued []byte
	flying int   // bytes that the writer is writing
	full   bool  // the owner is to be told of room
	gone   bool  // the owner was told of the hang-up
	closed bool  // by the owner
	err    error // why nothing can be written any more
}

func newPortableStream(s *streams, conn net.Conn, onClose func(), refuse refusal) *portableStream {
	p := &portableStream{set: s, conn: conn, refuse: refuse, onClose: onClose}
	p.wake.L = &p.mu
	return p
}

// Start implements actors.Stream.
func (p *portableStream) Start(owner actors.StreamOwner) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	p.owner = owner
	p.readers.Go(p.discard)
	return nil
}

// TryWrite implements actors.Stream. Errors are those of the connection's last
// Write, and net.ErrClosed after Close.
func (p *portableStream) TryWrite(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, net.ErrClosed
	}
	if p.err != nil {
		return 0, p.err
	}
	n := min(len(b), p.room())
	if n > 0 {
		p.queued = append(p.queued, b[:n]...)
		p.wake.Signal()
	}
	if n < len(b) {
		p.setFull(true)
	}
	return n, nil
}

// Refuse implements actors.Stream.
func (p *portableStream) Refuse(reason actors.Reason) {
	if p.refuse != nil {
		_, _ = p.TryWrite(p.refuse(reason)) // best effort: the stream ends either way
	}
	p.Close()
}

// Close implements actors.Stream. What is queued is still sent, for at most the
// linger time; then wait returns.
func (p *portableStream) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	p.owner = nil
	p.setFull(false)
	_ = p.conn.SetWriteDeadline(time.Now().Add(p.set.cfg.Linger)) // fails only if conn is closed
	p.wake.Signal()
}

// room is how many bytes fit. Called with the lock.
func (p *portableStream) room() int { return p.set.cfg.SendBuffer - len(p.queued) - p.flying }

// setFull keeps the gauge of full streams. Called with the lock.
func (p *portableStream) setFull(full bool) {
	if full == p.full {
		return
	}
	p.full = full
	if full {
		p.set.count.waiting.Add(1)
	} else {
		p.set.count.waiting.Add(-1)
	}
}

// hangup tells the owner, once.
func (p *portableStream) hangup(reason actors.Reason) {
	p.mu.Lock()
	owner := p.owner
	if owner == nil || p.gone {
		p.mu.Unlock()
		return
	}
	p.gone = true
	p.mu.Unlock()
	p.set.count.hangup(reason)
	owner.Hangup(reason)
}
