package redis

import "time"

// The limits of what goes into one call. A server runs nothing else meanwhile.
const (
	maxCall      = 256
	maxCallBytes = 1 << 20
)

// call is one call of the append script.
type call struct {
	keyed, plain []*request // those with a key go first
	bytes        int
	until        time.Time
}

func (c *call) reset() {
	clear(c.keyed)
	clear(c.plain)
	c.keyed, c.plain, c.bytes, c.until = c.keyed[:0], c.plain[:0], 0, time.Time{}
}

// add takes a request over, unless its caller has given up or waits too long.
func (c *call) add(r *request) {
	if !r.take() {
		return
	}
	if time.Until(r.until) <= 0 {
		r.done <- result{err: errLate}
		return
	}
	if c.until.IsZero() || r.until.Before(c.until) {
		c.until = r.until
	}
	c.bytes += len(r.data)
	if r.key != "" {
		c.keyed = append(c.keyed, r)
	} else {
		c.plain = append(c.plain, r)
	}
}

// full reports whether further requests have to wait for the next call.
func (c *call) full() bool {
	return len(c.keyed)+len(c.plain) >= maxCall || c.bytes >= maxCallBytes
}
