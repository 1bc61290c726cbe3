package client

import (
	"context"
	"fmt"
	"strings"
)

// WithTraceparent sends with every message the W3C traceparent that f returns for
// the caller's context; "" sends none. The hub logs it with what it refuses, and
// hands it to subscribers if it was started with --trace-events.
func WithTraceparent(f func(ctx context.Context) string) Option {
	return only(publisher, "WithTraceparent", func(cfg *config) error {
		if f == nil {
			return fmt.Errorf("%w: WithTraceparent: no function", ErrConfig)
		}
		cfg.traceparent = f
		return nil
	})
}

// traceComment begins the comment in an event's block that carries a traceparent.
const traceComment = "traceparent="

// Traceparent returns the W3C traceparent of the event that Events yielded last, ""
// if it has none. Call it from the loop over Events, or from a handler.
func (s *Stream) Traceparent() string { return s.trace }

// heedComment keeps a traceparent for the event whose block it is in.
func (c *connection) heedComment(text string) {
	if trace, ok := strings.CutPrefix(text, traceComment); ok {
		c.trace = trace
	}
	if f := c.stream.cfg.onComment; f != nil {
		f(text)
	}
}
