package actors

import (
	"example.org/hub/history"
	"example.org/hub/internal/splice"
)

// A stream in gzip is sent the same frames as a plain one, as blocks that were
// compressed once for all such streams (docs/adr/0007). The actor needs no more
// for it than a sum of what it sent.

// summed is a stream in gzip. Only such streams pay for the sum.
type summed struct {
	Stream

	sum splice.Sum
}

// sum returns the stream of a connection that is in gzip.
func (c *connection) sum() *summed { return c.stream.(*summed) }

// add counts frames that are out.
func (s *summed) add(frames []queued) {
	for i := range frames {
		s.sum.Add(frames[i].block)
	}
}

// appendLast turns the last frame into the end of the stream.
func (s *summed) appendLast(plain []byte) []byte {
	b := splice.Store(plain)
	s.sum.Add(b)
	return s.sum.AppendEnd(b.Bytes)
}

// event is an entry in the coding of the stream.
func (c *connection) event(entry *history.Entry, live bool) queued {
	q := queued{frame: entry.Frame, entry: entry, live: live}
	if c.gzip {
		q.block = c.hub.cfg.Window.Deflated(entry)
		q.frame = q.block.Bytes
	}
	return q
}

// queued is the notice in the coding of a stream.
func (n *notice) queued(gzip bool) queued {
	if !gzip {
		return queued{frame: n.frame, brief: n.figures}
	}
	b, _ := n.twin.Of(n.frame)
	return queued{frame: b.Bytes, block: b, brief: n.figures}
}

// firstFrame is the beginning of a response, of which head bytes are its head.
func firstFrame(b []byte, head int, gzip bool) queued {
	if !gzip {
		return queued{frame: b}
	}
	block := splice.Begin(b[:head], b[head:])
	return queued{frame: block.Bytes, block: block}
}
