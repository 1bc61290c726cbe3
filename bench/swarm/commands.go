package swarm

import "sync"

// commands are functions to be run on the goroutine of a reader, which owns its
// connections and counts without locks.
type commands struct {
	wake func()

	mu    sync.Mutex
	queue []func()
	ended bool
}

// do runs f on the reader's goroutine and waits for it. It reports false when
// that goroutine has ended.
func (c *commands) do(f func()) bool {
	done := make(chan struct{})
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return false
	}
	c.queue = append(c.queue, func() { f(); close(done) })
	c.mu.Unlock()
	c.wake()
	<-done
	return true
}

// run runs what is queued.
func (c *commands) run() {
	c.mu.Lock()
	queue := c.queue
	c.queue = nil
	c.mu.Unlock()
	for _, f := range queue {
		f()
	}
}

// end refuses further commands and runs the last ones.
func (c *commands) end() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.run()
}
