package transport

import (
	"context"
	"sync"
	"time"
)

// lateContext is a context that ends at a time, with a timer only from when
// somebody asks for Done. Most appends are answered without waiting, and a
// timer each would be one of the larger costs of a POST.
type lateContext struct {
	context.Context // without values and without an end of its own
	deadline        time.Time

	mu    sync.Mutex
	done  chan struct{}
	timer *time.Timer
}

func newLateContext(now time.Time, d time.Duration) *lateContext {
	return &lateContext{Context: context.Background(), deadline: now.Add(d)}
}

// Deadline implements context.Context.
func (p *lateContext) Deadline() (time.Time, bool) { return p.deadline, true }

// Done implements context.Context.
func (p *lateContext) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		done := make(chan struct{})
		p.done = done
		p.timer = time.AfterFunc(time.Until(p.deadline), func() { close(done) })
	}
	return p.done
}

// Err implements context.Context.
func (p *lateContext) Err() error {
	if time.Now().Before(p.deadline) {
		return nil
	}
	return context.DeadlineExceeded
}

// release stops the timer.
func (p *lateContext) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
}
