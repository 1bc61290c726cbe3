package actors

import (
	"example.org/hub/engine"
	"example.org/hub/history"
)

// flush writes the frames of this run. Whatever the socket does not take waits
// in the outqueue until it is writable.
func (c *connection) flush(w *worker) {
	frames := w.batch
	if len(frames) == 0 || c.state == ended {
		return
	}
	if c.out != nil {
		c.enqueue(w, frames)
		return
	}
	for len(frames) > 0 {
		buf, n := join(w.join, frames)
		written, ok := c.write(w, buf)
		if !ok {
			return
		}
		if written < len(buf) {
			out, offset := split(frames[:n], written)
			c.delivered(w, frames[:out])
			c.block(w, frames[out:], offset)
			return
		}
		w.count.wrote(n)
		c.delivered(w, frames[:n])
		frames = frames[n:]
	}
}

// join puts the first frames together in buf, as many as fit, and says how
// many those are. A frame that goes alone is not copied.
func join(buf []byte, frames []queued) (joined []byte, n int) {
	if len(frames) == 1 || len(frames[0].frame) > cap(buf)/2 {
		return frames[0].frame, 1
	}
	buf = buf[:0]
	for n < len(frames) && len(buf)+len(frames[n].frame) <= cap(buf) {
		buf = append(buf, frames[n].frame...)
		n++
	}
	return buf, n
}

// split says how many of the frames are within the first written bytes, and how
// much of the next one is.
func split(frames []queued, written int) (out, offset int) {
	for written >= len(frames[out].frame) {
		written -= len(frames[out].frame)
		out++
	}
	return out, written
}

// write hands bytes to the socket. It ends the stream if that fails.
func (c *connection) write(w *worker, buf []byte) (written int, ok bool) {
	written, err := c.stream.TryWrite(buf)
	if written > 0 {
		w.count.bytes.Add(uint64(written))
		c.lastWrite.Store(w.now.UnixMilli())
	}
	if err != nil {
		c.end(ReasonWriteError)
		return written, false
	}
	return written, true
}

// delivered counts the events among frames that are out, and adds up what a gzip
// stream has been sent.
func (c *connection) delivered(w *worker, frames []queued) {
	if c.gzip {
		c.sum().add(frames)
	}
	for i := range frames {
		switch f := &frames[i]; {
		case f.late:
			w.count.events.Add(1)
		case f.live:
			w.count.delivered(w.now.Sub(f.entry.Record.Time))
		case f.entry != nil:
			w.count.replayed.Add(1)
		}
	}
}

// block begins to queue: the socket is full.
func (c *connection) block(w *worker, frames []queued, offset int) {
	c.stalled.Store(w.now.UnixMilli())
	w.count.stalls.Add(1)
	c.out = newOutqueue(frames[:1], offset, c.gzip)
	c.enqueue(w, frames[1:])
}

// enqueue puts frames behind those that wait, by the policy for slow consumers.
func (c *connection) enqueue(w *worker, frames []queued) {
	for _, f := range frames {
		if !c.out.push(f, c.policy(f.entry), c.hub.cfg.MaxQueueBytes) {
			w.count.slow(&c.out.tally)
			c.end(ReasonSlow)
			return
		}
	}
	c.waits(w)
}

// policy is what is done with an event that finds no room.
func (c *connection) policy(entry *history.Entry) engine.SlowPolicy {
	policy := c.hub.cfg.SlowPolicy
	if entry != nil && entry.Record.Slow != engine.SlowDefault {
		policy = entry.Record.Slow
	}
	if c.dialect == mercureDialect {
		return engine.SlowDisconnect // the protocol has no event for a gap; a resume tells of it
	}
	return policy
}

// waits notes what is in the queue.
func (c *connection) waits(w *worker) {
	w.count.slow(&c.out.tally)
	c.queuedBytes.Store(int32(c.out.live))
}

// drainQueue writes what waits, now that the socket takes bytes again, and then
// what found no room meanwhile: as much as the queue may hold, before others have
// their turn.
func (c *connection) drainQueue(w *worker) {
	if c.out == nil {
		return
	}
	for rounds := 0; ; {
		if c.out.empty() && !c.out.left.empty() {
			if rounds++; rounds > 1 {
				c.waits(w)
				c.Writable()
				return
			}
			c.catchUp()
			continue
		}
		if c.out.empty() {
			break
		}
		buf := c.out.head(w.join)
		written, ok := c.write(w, buf)
		if !ok {
			return
		}
		if written > 0 {
			c.stalled.Store(w.now.UnixMilli())
		}
		out := c.out.advance(written)
		c.delivered(w, out)
		clear(out)
		if written < len(buf) {
			c.waits(w)
			return
		}
	}
	w.count.slow(&c.out.tally)
	c.out = nil
	c.queuedBytes.Store(0)
	c.stalled.Store(0)
}
