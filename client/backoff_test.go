package client

import (
	"net/http"
	"testing"
	"time"
)

func TestBackoff_EqualJitterAfterTheCap(t *testing.T) {
	f := func(n int, base time.Duration, random float64, want time.Duration) {
		t.Helper()
		b := backoff{min: time.Second, max: 30 * time.Second, rand: func() float64 { return random }}
		if got := b.delay(n, base); got != want {
			t.Errorf("retry %d from %v: got %v, want %v", n, base, got, want)
		}
	}
	const s = time.Second
	f(1, s, 0, s/2)
	f(1, s, 1, s)
	f(3, s, 0, 2*s)
	f(3, s, 1, 4*s)
	f(6, s, 0, 15*s)
	f(6, s, 1, 30*s)
	f(1<<30, s, 1, 30*s)
	f(1, time.Minute, 1, time.Minute)
	f(9, time.Minute, 0, 30*s)
}

func TestBackoff_AskedIsAFloorWithinReason(t *testing.T) {
	f := func(d time.Duration, random float64, want time.Duration) {
		t.Helper()
		if got := (backoff{rand: func() float64 { return random }}).asked(d); got != want {
			t.Errorf("%v: got %v, want %v", d, got, want)
		}
	}
	f(10*time.Second, 0, 10*time.Second)
	f(10*time.Second, 1, 12*time.Second)
	f(99*time.Hour, 0, time.Hour)
}

func TestBackoff_IsRandom(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 100 {
		seen[backoff{max: time.Hour}.delay(1, time.Hour)] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d different waits out of 100", len(seen))
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f := func(header string, want time.Duration) {
		t.Helper()
		if got := retryAfter(http.Header{"Retry-After": {header}}, now); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
	f("", 0)
	f("120", 2*time.Minute)
	f("-1", 0)
	f("1.5", 0)
	f("soon", 0)
	f("99999999999999999999", 0)
	f("Mon, 23 Nov 2026 12:01:00 GMT", time.Minute)
	f("Mon, 23 Nov 2026 11:59:00 GMT", 0)
}
