package redis

import (
	"context"
	"math/rand/v2"
	"time"
)

// The bounds of the pause before the server is tried again.
const (
	minPause = 100 * time.Millisecond
	maxPause = 5 * time.Second
)

// pause returns a random time whose upper bound doubles with the attempts, so
// that the hubs of a cluster do not return to a server together.
func pause(attempt int) time.Duration {
	limit := min(maxPause, minPause<<min(attempt+1, 10))
	return minPause + rand.N(limit-minPause+1)
}

// sleep waits, and reports whether ctx still goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
