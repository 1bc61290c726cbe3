package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"example.org/hub/bench/swarm"
	"example.org/hub/client"
	"example.org/hub/sse"
)

// soakEvent is the data of a message: a number of its own for each user and for
// the broadcasts, and when it was to be sent.
type soakEvent struct {
	User int   `json:"u"` // -1 for a broadcast
	N    int64 `json:"n"` // from 1
	At   int64 `json:"t"` // by swarm.Now
	Pad  string
}

// soakCrowd are the streams of a soak.
type soakCrowd struct {
	env     *environment
	server  *server
	cfg     *soakScenario
	http    *http.Client
	members []*soakMember
	running sync.WaitGroup
	stop    context.CancelFunc
	calm    atomic.Bool // nobody leaves any more

	connects, gaps, lost, duplicates, malformed, delivered atomic.Int64
	slowConnects, slowGaps, slowDelivered                  atomic.Int64 // of the slow readers, also among the others' figures of loss

	mu     sync.Mutex
	minute *swarm.Latency // of the present minute
	p99s   []time.Duration
	all    *swarm.Latency
}

// soakMember is one reader with what it knows.
type soakMember struct {
	user      int
	slow      bool
	http      *http.Client
	ready     chan struct{}
	own       atomic.Int64 // the last number of its user's messages
	all       atomic.Int64 // the last broadcast
	mayMiss   bool         // a gap event was seen since the last message to its user
	mayMissBC bool         // and since the last broadcast
}

// newSoakCrowd opens all streams and waits until each has begun.
func newSoakCrowd(ctx context.Context, e *environment, s *server, cfg *soakScenario) (*soakCrowd, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &soakCrowd{
		env: e, server: s, cfg: cfg, stop: cancel,
		http:   &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}},
		minute: swarm.NewLatency(), all: swarm.NewLatency(),
	}
	for i := range cfg.Readers + cfg.Slow {
		m := &soakMember{user: i, ready: make(chan struct{}), slow: i >= cfg.Readers, http: c.http}
		if m.slow {
			m.http = slowClient(cfg.SlowRate)
		}
		c.members = append(c.members, m)
		c.running.Go(func() { c.live(ctx, m) })
		if i%50 == 49 {
			_ = pause(ctx, 20*time.Millisecond)
		}
	}
	limit := time.After(e.Timeout)
	for _, m := range c.members {
		select {
		case <-m.ready:
		case <-limit:
			c.close()
			return nil, fmt.Errorf("soak: stream %d did not begin", m.user)
		}
	}
	return c, nil
}

// live keeps a stream open, leaves now and then, and comes back where it left.
func (c *soakCrowd) live(ctx context.Context, m *soakMember) {
	resume := ""
	for ctx.Err() == nil {
		visit, leave := context.WithCancel(ctx)
		stop := c.leaveLater(m, leave)
		resume = c.visit(visit, m, resume)
		stop()
		leave()
		_ = pause(ctx, time.Duration(rand.Int64N(int64(3*time.Second))))
	}
}

// leaveLater ends a visit after a random time, so that --churn streams leave a
// second. Slow readers stay until the hub ends their streams.
func (c *soakCrowd) leaveLater(m *soakMember, leave func()) (stop func() bool) {
	if c.cfg.Churn == 0 || m.slow {
		return func() bool { return false }
	}
	mean := float64(c.cfg.Readers) / c.cfg.Churn
	return time.AfterFunc(time.Duration(rand.ExpFloat64()*mean*float64(time.Second)), func() {
		if !c.calm.Load() {
			leave()
		}
	}).Stop
}

func (c *soakCrowd) visit(ctx context.Context, m *soakMember, resume string) string {
	opts := []client.Option{client.WithTokenSource(client.StaticToken(c.env.users.tokens[m.user])), client.WithHTTPClient(m.http)}
	if resume != "" {
		opts = append(opts, client.WithLastEventID(resume))
	}
	stream, err := client.Subscribe(ctx, "http://"+c.server.public.String()+"/api/sse", opts...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return resume
	}
	defer stream.Close()
	for ev, err := range stream.Events() {
		if err != nil {
			if ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "bench: stream ended:", err)
			}
			break
		}
		c.take(m, &ev)
	}
	return stream.LastEventID()
}

func (c *soakCrowd) take(m *soakMember, ev *sse.Event) {
	switch ev.Name {
	case sse.EventConnected:
		m.pick(&c.connects, &c.slowConnects).Add(1)
		select {
		case <-m.ready:
		default:
			close(m.ready)
		}
	case sse.EventGap:
		m.pick(&c.gaps, &c.slowGaps).Add(1)
		m.mayMiss, m.mayMissBC = true, true
	case "soak":
		var got soakEvent
		if err := json.Unmarshal(ev.Data, &got); err != nil || (got.User >= 0 && got.User != m.user) {
			c.malformed.Add(1) // also: a message of another user
			return
		}
		m.pick(&c.delivered, &c.slowDelivered).Add(1)
		if !m.slow {
			c.record(swarm.Now() - got.At)
		}
		if got.User < 0 {
			c.check(&m.all, &m.mayMissBC, got.N)
		} else {
			c.check(&m.own, &m.mayMiss, got.N)
		}
	}
}

// pick returns the counter of the member's kind.
func (m *soakMember) pick(reader, slow *atomic.Int64) *atomic.Int64 {
	if m.slow {
		return slow
	}
	return reader
}

// check compares a number with the one before.
func (c *soakCrowd) check(last *atomic.Int64, mayMiss *bool, n int64) {
	switch want := last.Load() + 1; {
	case n < want:
		c.duplicates.Add(1)
		return
	case n > want && !*mayMiss:
		c.lost.Add(n - want)
	}
	*mayMiss = false
	last.Store(n)
}

func (c *soakCrowd) record(ns int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.minute.Record(ns)
}

// turn ends a minute.
func (c *soakCrowd) turn() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	p99 := c.minute.Quantile(0.99)
	if c.minute.Count() > 0 {
		c.p99s = append(c.p99s, p99)
	}
	c.all.Merge(c.minute)
	c.minute = swarm.NewLatency()
	return p99
}

// replaceStuck keeps some streams open that never read.
func (c *soakCrowd) replaceStuck(ctx context.Context) {
	if c.cfg.Stuck == 0 {
		return
	}
	for ctx.Err() == nil {
		sw, err := c.server.crowd(c.env, c.env.Conns, 1)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			return
		}
		if _, err := c.server.open(c.env, sw, len(c.members), c.cfg.Stuck, true); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "bench: stuck readers:", err)
		}
		_ = pause(ctx, 30*time.Second)
		_ = sw.Close()
	}
}

// settle lets all come back and get what is still on its way.
func (c *soakCrowd) settle(ctx context.Context, press *soakPress) {
	c.calm.Store(true)
	_ = waitFor(ctx, c.env.Timeout, func() bool { return c.missing(press) == 0 })
}

// missing counts what the streams have not got yet, but for slow ones: they are always
// behind.
func (c *soakCrowd) missing(press *soakPress) (n int64) {
	for _, m := range c.members {
		if m.slow {
			continue
		}
		n += press.sent[m.user].Load() - m.own.Load() + press.broadcasts.Load() - m.all.Load()
	}
	return n
}

func (c *soakCrowd) close() {
	c.stop()
	c.running.Wait()
}
