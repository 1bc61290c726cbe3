package client

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// maxAsked bounds the wait that a server can ask for.
const maxAsked = time.Hour

// backoff decides how long to wait before a retry.
type backoff struct {
	min, max time.Duration
	rand     func() float64 // in [0,1); math/rand's if nil
}

// delay returns the wait before the nth retry in a row, n >= 1: base doubled
// each time up to the cap, then equal jitter, so that clients that were cut off
// together do not come back together. A base over the cap raises it.
func (b backoff) delay(n int, base time.Duration) time.Duration {
	most := max(b.max, base)
	d := base
	for ; n > 1 && d < most; n-- {
		d *= 2
	}
	d = min(d, most)
	return d/2 + b.upTo(d/2)
}

// asked returns the wait where the server named one: it and up to a fifth more.
func (b backoff) asked(d time.Duration) time.Duration {
	d = min(d, maxAsked)
	return d + b.upTo(d/5)
}

func (b backoff) upTo(d time.Duration) time.Duration {
	random := b.rand
	if random == nil {
		random = rand.Float64
	}
	return time.Duration(random() * float64(d))
}

// retryAfter reads the header of that name, in seconds or as a date (RFC 9110,
// 10.2.3). It is 0 without one.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// sleep waits for d, or less if ctx ends, and reports whether it waited it out.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
