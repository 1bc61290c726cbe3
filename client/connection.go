package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"example.org/hub/sse"
)

// connection reads the events of one response.
type connection struct {
	stream *Stream
	policy *policy
	ctx    context.Context
	cancel context.CancelCauseFunc
	body   *watchedBody
	renew  *time.Timer   // cuts the connection before the token expires
	asked  time.Duration // what a reconnect event asked for,
	reason string        // and why it came
	trace  string        // the traceparent in the block that is being read
}

func (c *connection) read(yield func(sse.Event) bool) error {
	d := sse.NewDecoder(c.body, c.stream.cfg.maxEventSize)
	d.SetLastEventID(c.stream.LastEventID())
	d.OnPosition(c.stream.setLastEventID) // at once: the next event may be long in coming
	d.OnComment(c.heedComment)
	for {
		ev, err := d.Next()
		if c.stream.ctx.Err() != nil { // closed: what is left in the buffer is for the next stream
			return because(c.ctx, ErrEnded)
		}
		if id := d.LastEventID(); id != c.stream.LastEventID() {
			c.stream.setLastEventID(id)
		}
		if retry, ok := d.Retry(); ok {
			c.policy.setBase(retry)
		}
		if errors.Is(err, io.EOF) {
			return because(c.ctx, c.farewell())
		}
		if err != nil {
			return fmt.Errorf("read stream: %w", because(c.ctx, err))
		}
		c.heed(ev)
		c.stream.trace, c.trace = c.trace, ""
		if !yield(ev) {
			return ErrEnded
		}
	}
}

// heed takes what the hub's own events mean for the connection. What it cannot
// read, it leaves to the caller, who gets every event.
func (c *connection) heed(ev sse.Event) {
	switch ev.Name {
	case sse.EventConnected:
		var hello sse.Connected
		if json.Unmarshal(ev.Data, &hello) == nil {
			c.greet(hello)
		}
	case sse.EventReconnect:
		var bye sse.Reconnect
		if json.Unmarshal(ev.Data, &bye) == nil {
			c.asked, c.reason = milliseconds(bye.RetryMs), bye.Reason
		}
	}
}

// farewell says why the stream ended, if the hub has said so.
func (c *connection) farewell() error {
	if c.reason == "" {
		return ErrEnded
	}
	return fmt.Errorf("%w: %s", ErrEnded, c.reason)
}

// greet adapts the watchdog to the heartbeat, and leaves in time for a stream
// with a new token at 80 to 90 % of the old one's life. A source that then has
// no other token is not asked a second time: the stream lasts until the hub
// ends it.
func (c *connection) greet(hello sse.Connected) {
	if cfg := c.stream.cfg; !cfg.idleFixed {
		c.body.idle = max(defaultIdle, 3*milliseconds(hello.HeartbeatMs))
	}
	life := milliseconds(hello.TokenExpiresInMs)
	if life > 0 && c.policy.mayRenew() && c.renew == nil {
		at := time.Duration((0.8 + 0.1*rand.Float64()) * float64(life))
		c.renew = time.AfterFunc(at, func() { c.cancel(errRenew) })
	}
}

// stop ends the connection's timers.
func (c *connection) stop() {
	c.body.stop()
	if c.renew != nil {
		c.renew.Stop()
	}
}

// milliseconds turns a server's figure into a duration that can be multiplied.
func milliseconds(ms int64) time.Duration {
	const longest = int64(1000 * time.Hour / time.Millisecond)
	return time.Duration(min(max(ms, 0), longest)) * time.Millisecond
}
