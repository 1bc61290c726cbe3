// Package history keeps the newest part of the log in the hub's memory, finds in
// it what a returning client missed, and says exactly when that is not whole.
//
// A Log follows an engine: it encodes each record once, adds it to the Window and
// hands it on for delivery. The window is the same on every hub and needs
// nothing from the engine for a replay, so that any number of clients can return
// at once, also while the engine is down.
package history

import (
	"math"
	"sync"
	"time"

	"example.org/hub/engine"
	"example.org/hub/internal/splice"
)

// Window holds the newest entries of the log without a break, bounded by age,
// count and bytes. All methods may be called from any goroutine.
type Window struct {
	cfg   Config
	start time.Time // ages are counted from here, by the monotonic clock

	mu     sync.RWMutex
	epoch  string
	goal   uint64 // up to here the log is loaded; entries that follow are delivered as well
	ring   ring
	latest index
	ids    map[string]uint64 // publishers' own ids: the oldest entry that has each
	bytes  int64

	compressed Compressed

	waiters []waiter // who waits for an entry that is still on its way
}

// Stats are the figures of a window at one moment.
type Stats struct {
	Events    int           // entries that can be replayed
	Addresses int           // addresses that they are for
	Bytes     int64         // as Config.MaxBytes counts
	OldestAge time.Duration // 0 if there are none

	Compressed Compressed
}

// Compressed is what was compressed for gzip streams since the start.
type Compressed struct {
	Events uint64
	Plain  uint64 // bytes of their frames
	Packed uint64 // bytes that are sent for them
}

// NewWindow returns an empty window that belongs to no log yet.
func NewWindow(cfg Config) *Window {
	w := &Window{cfg: cfg.orDefault(), start: time.Now()}
	w.Reset("", 0)
	return w
}

// Reset empties the window. The next entry is the one after head.
func (w *Window) Reset(epoch string, head uint64) { w.load(epoch, head, head) }

// load is Reset for a log of which the entries up to goal are for the window alone.
// Until they are there, it does not know what lies in between.
func (w *Window) load(epoch string, head, goal uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.epoch, w.goal = epoch, goal
	w.restart(head)
	w.wake(math.MaxUint64) // what they wait for will not come
}

func (w *Window) restart(head uint64) {
	w.ring = ring{first: head + 1, next: head + 1}
	w.latest = make(index)
	w.ids = nil
	w.bytes = 0
}

// Add appends entries in the order of the log. Transient ones are left out, and
// so are those it has. If some are missing in between, the window starts anew
// behind them, since it only holds what is whole.
func (w *Window) Add(entries ...*Entry) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range entries {
		if e.Seq < w.ring.next {
			continue
		}
		if e.Seq > w.ring.next {
			w.restart(e.Seq - 1)
		}
		w.add(e, now)
	}
	w.evict(now)
	if len(w.waiters) > 0 {
		w.wake(w.head())
	}
}

func (w *Window) add(e *Entry, now time.Time) {
	s := slot{
		entry: e,
		at:    now.Sub(w.start) - age(e.Record, now),
		size:  e.size(),
	}
	w.latest.add(&s)
	w.noteID(e)
	w.bytes += s.size
	w.ring.push(s)
}

// Deflated returns the frame of an entry as it goes into gzip streams. The first
// call compresses it, and the window counts what it keeps from then on.
func (w *Window) Deflated(e *Entry) *splice.Block {
	b, made := e.twin.Of(e.Frame)
	if made {
		w.charge(e, b)
	}
	return b
}

// charge counts a new block, and the bytes that its entry has grown by if that is
// still there.
func (w *Window) charge(e *Entry, b *splice.Block) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.compressed.Events++
	w.compressed.Plain += uint64(len(e.Frame))
	w.compressed.Packed += uint64(len(b.Bytes))
	if e.Seq < w.ring.first || e.Seq >= w.ring.next || w.ring.at(e.Seq).entry != e {
		return // transient, recalled from the engine, or dropped meanwhile
	}
	size := int64(b.Size())
	w.ring.at(e.Seq).size += size
	w.bytes += size
	w.evict(time.Now())
}

// age returns how old a record is. One without a time, or from a hub whose clock
// is ahead, is new.
func age(rec *engine.Record, now time.Time) time.Duration {
	if rec.Time.IsZero() {
		return 0
	}
	return max(0, now.Sub(rec.Time))
}

// evict drops the oldest entries until the rest is within the limits. The newest
// is kept whatever its size.
func (w *Window) evict(now time.Time) {
	for w.ring.len() > 0 {
		tooMuch := w.ring.len() > 1 && (w.ring.len() > w.cfg.MaxEvents || w.bytes > w.cfg.MaxBytes)
		if !tooMuch && !w.outdated(now) {
			return
		}
		oldest := w.ring.at(w.ring.first)
		w.latest.remove(oldest)
		w.forgetID(oldest.entry)
		w.bytes -= oldest.size
		w.ring.drop()
	}
}

// outdated reports whether the oldest entry is too old.
func (w *Window) outdated(now time.Time) bool {
	return w.ring.len() > 0 && now.Sub(w.start)-w.ring.at(w.ring.first).at >= w.cfg.MaxAge
}

// Position returns the position of the newest entry, retained or not. Its Seq is
// 0 if there was none.
func (w *Window) Position() engine.Position {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return engine.Position{Epoch: w.epoch, Seq: w.head()}
}

// First returns the Seq of the oldest entry, Head+1 if there is none.
func (w *Window) First() uint64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.ring.first
}

// Epoch returns the epoch of the log, "" before the first Reset.
func (w *Window) Epoch() string { return w.Position().Epoch }

// Head returns the Seq of the newest entry, retained or not, 0 if there was none.
func (w *Window) Head() uint64 { return w.Position().Seq }

func (w *Window) head() uint64 { return w.ring.next - 1 }

// Stats returns the window's figures.
func (w *Window) Stats() Stats {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.evict(now)
	s := Stats{Events: w.ring.len(), Addresses: len(w.latest), Bytes: w.bytes, Compressed: w.compressed}
	if s.Events > 0 {
		s.OldestAge = now.Sub(w.start) - w.ring.at(w.ring.first).at
	}
	return s
}
