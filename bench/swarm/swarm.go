package swarm

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// stuckBuffer is the SO_RCVBUF of a reader that never reads. The kernel doubles it.
const stuckBuffer = 2048

// Config describes a swarm.
type Config struct {
	Addr    netip.AddrPort // where to connect to
	Readers int            // how many connections it can hold
	Slots   int            // ordered event streams each reader checks, at most MaxSlots
	Workers int            // goroutines that share the readers
	Sources int            // source addresses 127.0.0.2 and up, if Addr is IPv4 loopback; 0 for the system's choice
}

// Swarm is a set of SSE readers. Two methods may be called at once, except for Open and
// Close: each of them by one goroutine. Open may be watched by Live and Collect.
type Swarm struct {
	cfg     Config
	readers []*reader
	shared  *shared
	stop    chan struct{}
	once    sync.Once
	wg      sync.WaitGroup

	mu  sync.Mutex
	err error // the first failure of a reader's loop
}

// shared is what all readers and the publisher see.
type shared struct {
	delivered atomic.Uint64
	progress  atomic.Pointer[Progress]
}

func (s *shared) deliver(slot int) {
	s.delivered.Add(1)
	if p := s.progress.Load(); p != nil {
		p.count(slot, 1)
	}
}

// New starts the goroutines of a swarm without connections.
func New(cfg Config) (*Swarm, error) {
	if cfg.Readers < 1 || cfg.Slots < 1 || cfg.Slots > MaxSlots || cfg.Workers < 1 || cfg.Sources < 0 || cfg.Sources > 250 {
		return nil, fmt.Errorf("swarm: %d readers of %d slots on %d workers from %d sources", cfg.Readers, cfg.Slots, cfg.Workers, cfg.Sources)
	}
	s := &Swarm{cfg: cfg, shared: &shared{}, stop: make(chan struct{})}
	for range cfg.Workers {
		r, err := newReader((cfg.Readers+cfg.Workers-1)/cfg.Workers, cfg.Slots, s.shared)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("swarm: %w", err), s.Close())
		}
		s.readers = append(s.readers, r)
		s.wg.Go(func() {
			if err := r.loop(s.stop); err != nil {
				s.fail(err)
			}
		})
	}
	return s, nil
}

func (s *Swarm) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// OpenConfig describes connections to be opened.
type OpenConfig struct {
	First       int           // the number of the first one
	Count       int           // how many
	Concurrency int           // how many may be on their way at once
	Stuck       bool          // they read the first event, then nothing, with a tiny receive buffer
	Resume      bool          // only those that are closed are opened, from the last event that they saw on
	Timeout     time.Duration // for all of them together
	Silent      bool          // the server sends no first event: a stream is open when its head is there

	// Request appends the request of a connection; last is the id of the last
	// event that it saw, if it resumes. Several goroutines call it.
	Request func(dst []byte, number int, last []byte) []byte
}

// Open opens connections and waits until each has had its first event or failed.
// Failures are in the result, not in the error.
func (s *Swarm) Open(cfg OpenConfig) (OpenResult, error) {
	if cfg.First < 0 || cfg.Count < 1 || cfg.First+cfg.Count > s.cfg.Readers || cfg.Concurrency < 1 {
		return OpenResult{}, fmt.Errorf("open: %d connections from %d of %d", cfg.Count, cfg.First, s.cfg.Readers)
	}
	w := len(s.readers)
	result, done := NewOpenResult(), make(chan OpenResult, w)
	started := 0
	for k, r := range s.readers {
		o := &opening{
			OpenConfig: cfg,
			next:       localCount(cfg.First, k, w),
			end:        localCount(cfg.First+cfg.Count, k, w),
			limit:      max(cfg.Concurrency/w, 1),
			deadline:   Now() + int64(cfg.Timeout),
			number:     func(local int) int { return local*w + k },
			addr:       s.cfg.Addr,
			source:     s.source,
			result:     NewOpenResult(),
			done:       done,
		}
		if r.cmds.do(func() { r.opening = o }) {
			started++
		}
	}
	for range started {
		part := <-done
		result.Add(&part)
	}
	return result, s.Err()
}

// localCount is how many of the first n connections belong to worker k of w.
func localCount(n, k, w int) int { return (n - k + w - 1) / w }

// source spreads the connections over loopback addresses.
func (s *Swarm) source(number int) netip.Addr {
	if a := s.cfg.Addr.Addr(); s.cfg.Sources == 0 || !a.Is4() || !a.IsLoopback() {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, byte(2 + number%s.cfg.Sources)})
}

// Track makes the readers report deliveries to p, or to nobody if p is nil.
func (s *Swarm) Track(p *Progress) { s.shared.progress.Store(p) }

// Delivered is how many stamped events arrived since the start.
func (s *Swarm) Delivered() uint64 { return s.shared.delivered.Load() }

// Live is how many connections are open.
func (s *Swarm) Live() int {
	n := 0
	for _, r := range s.readers {
		r.cmds.do(func() { n += r.live })
	}
	return n
}

// Collect returns what the readers saw since the last Collect.
func (s *Swarm) Collect() Stats {
	sum := NewStats()
	for _, r := range s.readers {
		st := NewStats()
		if r.cmds.do(func() { st, r.stats = r.stats, st }) { // no more than that on the reader's time
			sum.Add(&st)
		}
	}
	return sum
}

// Announced is the number that Last has for a slot that got a gap event and
// nothing since: what is missing there was announced.
const Announced = ^uint32(0)

// Last returns the last sequence number of each slot of the first n connections,
// connection by connection.
func (s *Swarm) Last(n int) []uint32 {
	last := make([]uint32, n*s.cfg.Slots)
	s.each(0, n, func(r *reader, i, number int) {
		for slot := range r.slots {
			o := &r.orders[i*r.slots+slot]
			if last[number*r.slots+slot] = o.last; o.told {
				last[number*r.slots+slot] = Announced
			}
		}
	})
	return last
}

// Err returns the first failure of the swarm itself, not of a connection.
func (s *Swarm) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close resets all connections and ends the goroutines. A second call does nothing.
func (s *Swarm) Close() error {
	s.once.Do(func() {
		close(s.stop)
		for _, r := range s.readers {
			r.poll.wake()
		}
		s.wg.Wait()
		for _, r := range s.readers {
			r.poll.close()
		}
	})
	return s.Err()
}
