package actors

import (
	"slices"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/internal/splice"
)

// queued is a frame on its way to a socket. The bytes are shared with every
// other connection that gets them.
type queued struct {
	frame []byte
	block *splice.Block  // whose bytes the frame is, nil on a plain stream
	entry *history.Entry // nil for frames of the hub's own
	live  bool           // counts against the limit; replayed entries and our own frames do not
	late  bool           // left in the window for a while, see catchUp
	brief bool           // figures, which are not worth a gap: the next ones follow soon
}

// ownFrame is a frame of the hub's own, for one stream.
func ownFrame(plain []byte, gzip bool) queued {
	if !gzip {
		return queued{frame: plain}
	}
	b := splice.Store(plain)
	return queued{frame: b.Bytes, block: b}
}

func (q *queued) key() string {
	if q.entry == nil {
		return ""
	}
	return q.entry.Record.Key
}

// outqueue holds what a full socket did not take. A connection has one only
// while it needs it.
type outqueue struct {
	frames []queued
	offset int       // bytes of frames[0] that are already out
	live   int       // bytes of live frames
	gzip   bool      // the stream is in gzip
	left   leftover  // events that found no room: they come behind all frames
	tally  tally     // not yet counted by a worker
	spare  [2]queued // room for the usual case: one frame cut in two, one behind it
}

// tally says what became of events that did not simply leave.
type tally struct{ conflated, deferred, lost, refused int }

// newOutqueue returns a queue of frames of which the first offset bytes are out:
// less than the first frame.
func newOutqueue(frames []queued, offset int, gzip bool) *outqueue {
	o := &outqueue{offset: offset, gzip: gzip}
	o.frames = append(o.spare[:0], frames...)
	for i := range frames {
		o.account(&frames[i], 1)
	}
	return o
}

func (o *outqueue) account(f *queued, sign int) {
	if f.live {
		o.live += sign * len(f.frame)
	}
}

// push queues a frame, or makes room by policy. Without ok the stream is to be ended.
func (o *outqueue) push(f queued, policy engine.SlowPolicy, limit int) (ok bool) {
	switch {
	case f.brief && !o.left.empty():
		return true
	case !f.live:
		o.tellGap() // what was left came before
		o.frames = append(o.frames, f)
		return true
	case !o.left.empty() && policy != engine.SlowDisconnect: // what is left comes first
		o.leave(&f, policy)
		return true
	case !o.left.empty():
		o.tally.refused++
		return false
	}
	room := limit - o.live - len(f.frame)
	if policy == engine.SlowConflate && f.key() != "" {
		// Where even so there is no room, the older one stays.
		if i := o.predecessor(&f); i >= 0 && room+len(o.frames[i].frame) >= 0 {
			o.account(&o.frames[i], -1)
			o.frames = slices.Delete(o.frames, i, i+1)
			o.add(f)
			o.tally.conflated++
			return true
		}
	}
	switch {
	case room >= 0 || o.live == 0: // one event waits whatever its size, as one that is cut in two does
		o.add(f)
		return true
	case policy == engine.SlowDisconnect:
		o.tally.refused++
		return false
	case policy == engine.SlowGap:
		o.leaveLive()
	}
	o.leave(&f, policy)
	return true
}

func (o *outqueue) add(f queued) {
	o.frames = append(o.frames, f)
	o.account(&f, 1)
}

// predecessor finds the queued event that a newer one of the same key replaces, -1
// for none. The newer goes to the end, not into its place: ids must leave in order or
// a resume would skip events. A transient event, which may get lost, replaces only
// another one.
func (o *outqueue) predecessor(newer *queued) int {
	for i := o.firstWhole(); i < len(o.frames); i++ {
		f := &o.frames[i]
		if f.live && f.key() == newer.key() && (newer.entry.Seq != 0 || f.entry.Seq == 0) {
			return i
		}
	}
	return -1
}

// leaveLive takes every live event out that is not partly out already.
func (o *outqueue) leaveLive() {
	first := o.firstWhole()
	kept := o.frames[:first]
	for _, f := range o.frames[first:] {
		if !f.live {
			kept = append(kept, f)
			continue
		}
		o.account(&f, -1)
		o.leave(&f, engine.SlowGap)
	}
	clear(o.frames[len(kept):])
	o.frames = kept
}

// firstWhole is the index of the first frame of which nothing is out.
func (o *outqueue) firstWhole() int {
	if o.offset > 0 {
		return 1
	}
	return 0
}

// head returns the bytes to write next: as many whole frames as fit into buf,
// or the first frame itself if it is long.
func (o *outqueue) head(buf []byte) []byte {
	if len(o.frames) == 0 {
		return nil
	}
	first := o.frames[0].frame[o.offset:]
	if len(o.frames) == 1 || len(first) > cap(buf)/2 {
		return first
	}
	buf = append(buf[:0], first...)
	for _, f := range o.frames[1:] {
		if len(buf)+len(f.frame) > cap(buf) {
			break
		}
		buf = append(buf, f.frame...)
	}
	return buf
}

// advance takes n bytes off the front and returns the frames that are now out.
// The slice is valid until the next push; the caller clears it, or the queue
// would hold on to frames that have left.
func (o *outqueue) advance(n int) (out []queued) {
	n += o.offset
	i := 0
	for i < len(o.frames) && n >= len(o.frames[i].frame) {
		n -= len(o.frames[i].frame)
		o.account(&o.frames[i], -1)
		i++
	}
	out, o.frames, o.offset = o.frames[:i], o.frames[i:], n
	return out
}

func (o *outqueue) empty() bool { return len(o.frames) == 0 }
