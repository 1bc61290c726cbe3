package main

import (
	"errors"
	"sync"

	"example.org/hub/bench/swarm"
)

// crowd is all readers of a run, in one station or in several.
type crowd struct {
	parts []*part
	slots int
	local *swarm.Swarm // the only part's, if it is in this process
	err   error
	mu    sync.Mutex
}

// part is a station with its place in the crowd.
type part struct {
	station

	first, count int
	pid          int // 0 if it is in this process
	empty        uint64

	mu    sync.Mutex
	prog  *swarm.Progress
	share int
}

// newCrowd starts the stations of setup's readers: one in this process, or
// procs workers.
func newCrowd(setup StationSetup, u *users, procs int) (*crowd, error) {
	c := &crowd{slots: setup.Slots}
	if procs == 0 {
		st, err := newStation(setup, u)
		if err != nil {
			return nil, err
		}
		c.local = st.sw
		c.parts = []*part{{station: st, count: setup.Readers}}
		return c, c.weigh()
	}
	setup.Secret, setup.Grant, setup.Clock = u.secret, u.grant, swarm.ClockBase()
	for k := range procs {
		p := &part{first: setup.Readers * k / procs}
		p.count = setup.Readers*(k+1)/procs - p.first
		if p.count == 0 {
			continue
		}
		own := setup
		own.FirstUser, own.Readers = setup.FirstUser+p.first, p.count
		w, err := startWorker(own, p.reached)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		p.station, p.pid = w, w.child.pid()
		c.parts = append(c.parts, p)
	}
	return c, c.weigh()
}

// join makes one crowd of several, their readers one behind the other. Closing
// it closes them.
func join(crowds ...*crowd) *crowd {
	all := &crowd{}
	first := 0
	for _, c := range crowds {
		all.slots = c.slots
		n := first
		for _, p := range c.parts {
			p.first += first
			n = p.first + p.count
			all.parts = append(all.parts, p)
		}
		first = n
	}
	return all
}

// weigh notes what the stations need without streams.
func (c *crowd) weigh() error {
	return c.each(func(p *part) error { return p.Memory(Nothing{}, &p.empty) })
}

// memoryPerStream is the RSS that a stream has added to the generator.
func (c *crowd) memoryPerStream() (float64, error) {
	var grown, n float64
	for _, p := range c.parts {
		var now uint64
		if err := p.Memory(Nothing{}, &now); err != nil {
			return 0, err
		}
		grown += float64(now) - float64(p.empty)
		n += float64(p.count)
	}
	return grown / n, nil
}

// each calls f for all parts at once and keeps the first failure.
func (c *crowd) each(f func(*part) error) error {
	errs := make([]error, len(c.parts))
	var wg sync.WaitGroup
	for i, p := range c.parts {
		wg.Go(func() { errs[i] = f(p) })
	}
	wg.Wait()
	return c.note(errors.Join(errs...))
}

func (c *crowd) note(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	return err
}

// span is the part's share of readers, by its own numbers.
func (p *part) span(first, count int) (s Span, ok bool) {
	from, to := max(first, p.first), min(first+count, p.first+p.count)
	return Span{First: from - p.first, Count: to - from}, to > from
}

// Open opens streams and waits until each has had its first event or failed.
func (c *crowd) Open(args OpenArgs) (swarm.OpenResult, error) {
	sum := swarm.NewOpenResult()
	var mu sync.Mutex
	concurrency := max(args.Concurrency/len(c.parts), 1)
	err := c.each(func(p *part) error {
		own := args
		var ok bool
		if own.Span, ok = p.span(args.First, args.Count); !ok {
			return nil
		}
		if len(c.parts) > 1 {
			own.Concurrency = concurrency
		}
		var res swarm.OpenResult
		if err := p.Open(own, &res); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		sum.Add(&res)
		return nil
	})
	return sum, err
}

// Cut resets streams, which Open can resume.
func (c *crowd) Cut(first, count int) error {
	return c.each(func(p *part) error {
		if s, ok := p.span(first, count); ok {
			return p.Cut(s, &Nothing{})
		}
		return nil
	})
}

// Track reports to prog when an event has reached the first n readers, and no
// more if prog is nil.
func (c *crowd) Track(prog *swarm.Progress, n int) error {
	if c.local != nil {
		c.local.Track(prog)
		return nil
	}
	return c.each(func(p *part) error {
		s, _ := p.span(0, n)
		share := max(s.Count, 0)
		if prog == nil {
			share = 0
		}
		p.mu.Lock()
		p.prog, p.share = prog, share
		p.mu.Unlock()
		return p.Track(share, &Nothing{})
	})
}

// reached takes the worker's note that an event has reached its share.
func (p *part) reached(slot int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.prog != nil {
		p.prog.Count(slot, p.share)
	}
}

// Delivered is how many stamped events arrived since the start.
func (c *crowd) Delivered() (n uint64) {
	for _, p := range c.parts {
		var own uint64
		_ = c.note(p.Delivered(Nothing{}, &own)) // Err has it
		n += own
	}
	return n
}

// Live is how many streams are open.
func (c *crowd) Live() (n int) {
	for _, p := range c.parts {
		var own int
		_ = c.note(p.Live(Nothing{}, &own)) // Err has it
		n += own
	}
	return n
}

// Collect returns what the readers saw since the last Collect.
func (c *crowd) Collect() swarm.Stats {
	sum := swarm.NewStats()
	for _, p := range c.parts {
		var own swarm.Stats
		if c.note(p.Collect(Nothing{}, &own)) == nil {
			sum.Add(&own)
		}
	}
	return sum
}

// Missing is how many events are still missing at the end of the streams of the
// first n readers and were not announced by a gap event: sent gives the last
// sequence number sent to each in a slot.
func (c *crowd) Missing(n int, sent func(number, slot int) uint32) (missing uint64) {
	for _, p := range c.parts {
		s, ok := p.span(0, n)
		if !ok {
			continue
		}
		var last []uint32
		if c.note(p.Last(s.Count, &last)) != nil {
			return missing // Err has it
		}
		for i, got := range last {
			if want := sent(p.first+i/c.slots, i%c.slots); want > got {
				missing += uint64(want - got)
			}
		}
	}
	return missing
}

// Err returns the first failure of a station.
func (c *crowd) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// pids are the processes of the workers.
func (c *crowd) pids() (pids []int) {
	for _, p := range c.parts {
		if p.pid > 0 {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// Close resets all streams and ends the workers. A second call does nothing.
func (c *crowd) Close() error {
	parts := c.parts
	c.parts = nil
	errs := make([]error, len(parts))
	for i, p := range parts {
		errs[i] = p.Close(Nothing{}, &Nothing{})
	}
	return errors.Join(append(errs, c.Err())...)
}
