package actors

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// drainage is the state of a drain: who is left, in random order, and by when.
type drainage struct {
	left   []*connection
	total  int
	begin  time.Time
	window time.Duration
	done   []chan struct{}
}

// drain begins to end all streams, or joins a drain that runs.
func (a *registry) drain(c actor.Context, m *drain) {
	if a.drainage == nil {
		left := slices.Clone(a.index.all)
		rand.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
		a.drainage = &drainage{left: left, total: len(left), begin: time.Now(), window: m.window}
	}
	a.drainage.done = append(a.drainage.done, m.done)
	a.drainSome(c, time.Now())
}

// drainSome ends as many streams as are due by now, and reports the end of the
// drain once the last one is gone.
func (a *registry) drainSome(c actor.Context, now time.Time) {
	d := a.drainage
	if d == nil {
		return
	}
	due := d.total
	if passed := now.Sub(d.begin); passed < d.window {
		due = int(float64(d.total) * float64(passed) / float64(d.window))
	}
	for d.total-len(d.left) < due {
		last := len(d.left) - 1
		if conn := d.left[last]; conn.slot >= 0 {
			a.sendTo(c, conn, &relay{to: conn, finish: &finish{ReasonDrain}})
		}
		d.left[last], d.left = nil, d.left[:last]
	}
	a.flushReady()
	if len(d.left) == 0 && len(a.index.all) == 0 {
		for _, done := range d.done {
			close(done)
		}
		d.done = nil
	}
}
