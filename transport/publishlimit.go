package transport

import (
	"math"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/time/rate"
)

// The scopes of hub_ratelimit_hits_total for publishers.
const (
	scopePublishRate  = "publish_rate"
	scopePublishBytes = "publish_bytes"
)

// publishLimit bounds what each caller sends, by the name of its key or token.
//
// A request is let in while its caller owes nothing, and then pays for all of
// its messages and bytes. So a batch stays whole however large it is, and what
// it has beyond the burst its caller waits for afterwards: over time nobody gets
// more than the rate, the burst, and one request.
type publishLimit struct {
	messages, bytes rate.Limit // a second; 0 for no limit
	burst           int        // messages

	mu      sync.Mutex
	callers map[string]*allowance
	sweepAt int // how many callers there are before those who owe nothing are forgotten
}

// allowance is what is left to a caller. A limiter is nil if there is no limit.
type allowance struct{ messages, bytes *rate.Limiter }

// leastSweep is how many callers are kept without looking who of them is idle.
const leastSweep = 1024

// newPublishLimit returns nil if there is nothing to limit.
func newPublishLimit(cfg *Config) *publishLimit {
	if cfg.PublishRate == 0 && cfg.PublishBytes == 0 {
		return nil
	}
	l := &publishLimit{
		messages: rate.Limit(cfg.PublishRate), bytes: rate.Limit(cfg.PublishBytes), burst: cfg.PublishBurst,
		callers: make(map[string]*allowance), sweepAt: leastSweep,
	}
	if l.burst == 0 {
		l.burst = int(math.Ceil(cfg.PublishRate))
	}
	return l
}

// setPublishLimit begins anew with what publishers may do, unless that is what
// they could do before: what they owe is not forgotten for nothing.
func (s *Server) setPublishLimit(cfg *Config) {
	next, now := newPublishLimit(cfg), s.publishes.Load()
	if next != nil && now != nil && next.messages == now.messages && next.bytes == now.bytes && next.burst == now.burst {
		return
	}
	s.publishes.Store(next)
}

// take lets a request in, or says which limit it hit and when to come back.
func (l *publishLimit) take(caller string, messages, size int, now time.Time) (scope string, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.callers[caller]
	if p == nil {
		p = l.add(caller, now)
	}
	if wait = debt(p.messages, now); wait > 0 {
		return scopePublishRate, wait
	}
	if wait = debt(p.bytes, now); wait > 0 {
		return scopePublishBytes, wait
	}
	pay(p.messages, messages, now)
	pay(p.bytes, size, now)
	return "", 0
}

func (l *publishLimit) add(caller string, now time.Time) *allowance {
	if len(l.callers) >= l.sweepAt {
		for name, p := range l.callers {
			if idle(p.messages, now) && idle(p.bytes, now) {
				delete(l.callers, name)
			}
		}
		l.sweepAt = max(leastSweep, 2*len(l.callers))
	}
	p := &allowance{}
	if l.messages > 0 {
		p.messages = rate.NewLimiter(l.messages, l.burst)
	}
	if l.bytes > 0 {
		p.bytes = rate.NewLimiter(l.bytes, int(math.Ceil(float64(l.bytes)))) // one second's worth
	}
	l.callers[caller] = p
	return p
}

// debt is the time until a token is there.
func debt(l *rate.Limiter, now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	missing := 1 - l.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(l.Limit()) * float64(time.Second))
}

// pay takes tokens, also those that are not there yet: the limiter gives those
// away by bursts only.
func pay(l *rate.Limiter, n int, now time.Time) {
	if l == nil {
		return
	}
	for n > 0 {
		part := min(n, l.Burst())
		l.ReserveN(now, part)
		n -= part
	}
}

// idle reports whether forgetting the limiter changes nothing.
func idle(l *rate.Limiter, now time.Time) bool {
	return l == nil || l.TokensAt(now) >= float64(l.Burst())
}

// takePublish asks the limits for a request with so many messages.
func (s *Server) takePublish(c *call, messages int) error {
	limit := s.publishes.Load()
	if limit == nil {
		return nil
	}
	scope, wait := limit.take(c.caller.Name(), messages, len(c.rc.PostBody()), time.Now())
	if scope == "" {
		return nil
	}
	inc(s.metrics.limitHits, scope)
	p := &problem{
		status: fasthttp.StatusTooManyRequests, code: "rate_limited", retryAfter: max(1, retrySeconds(wait)),
		message: "this caller sends more messages a second than it may: nothing was stored, repeat it later",
	}
	if scope == scopePublishBytes {
		p.message = "this caller sends more bytes a second than it may: nothing was stored, repeat it later"
	}
	return p
}
