package transport

import (
	"errors"
	"fmt"
	"os"
	"time"

	"example.org/hub/actors"
)

// keepBuffer is the capacity up to which a portable stream keeps its buffer
// from one write to the next.
const keepBuffer = 1 << 10

// wait writes what is queued until the stream is closed and all is sent, or
// cannot be sent. When it returns, nothing uses the connection any more.
func (p *portableStream) wait() {
	defer p.finish()
	for {
		b, ok := p.next()
		if !ok {
			return
		}
		_, err := p.conn.Write(b)
		p.written(b, err)
	}
}

// next waits for bytes to write. There are none left after the end.
func (p *portableStream) next() (b []byte, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queued) == 0 && !p.closed {
		p.wake.Wait()
	}
	if len(p.queued) == 0 {
		return nil, false
	}
	if !p.closed { // or Close has set the last deadline of all
		_ = p.conn.SetWriteDeadline(time.Now().Add(p.set.cfg.WriteTimeout))
	}
	b, p.queued = p.queued, nil
	p.flying = len(b)
	return b, true
}

// written takes the result of a write, and tells the owner of room or the end.
func (p *portableStream) written(b []byte, err error) {
	p.mu.Lock()
	p.flying = 0
	if err != nil {
		p.err = fmt.Errorf("write to connection: %w", err)
		p.queued = nil
		p.setFull(false)
		p.mu.Unlock()
		p.hangup(writeReason(err))
		return
	}
	if p.queued == nil && cap(b) <= keepBuffer {
		p.queued = b[:0]
	}
	// Half the buffer must be free: with less, each small write would let the
	// owner squeeze in another small piece.
	owner := p.owner
	tell := p.full && p.room() >= p.set.cfg.SendBuffer/2
	if tell {
		p.setFull(false)
	}
	p.mu.Unlock()
	if tell && owner != nil {
		owner.Writable()
	}
}

func writeReason(err error) actors.Reason {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return actors.ReasonSlow
	}
	return actors.ReasonClient
}

// finish ends the reader too.
func (p *portableStream) finish() {
	_ = p.conn.SetReadDeadline(time.Unix(1, 0)) // long past: wakes the reader
	p.readers.Wait()
	p.set.ended(p.onClose)
}

// discard reads and drops what the client sends, until it ends or is too much.
func (p *portableStream) discard() {
	var buf [256]byte
	left := p.set.cfg.MaxClientBytes
	for {
		n, err := p.conn.Read(buf[:])
		p.set.count.discarded.Add(uint64(n))
		left -= n
		switch {
		case left < 0:
			p.hangup(actors.ReasonClientData)
			return
		case err != nil:
			p.hangup(actors.ReasonClient)
			return
		}
	}
}
