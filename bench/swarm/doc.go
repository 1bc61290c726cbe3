// Package swarm is the client side of the load suite: many thousands of light
// SSE readers and some dozens of keep-alive publishers in one process.
//
// A reader costs less than 1 KB: a descriptor in an epoll set, the state of its
// decoder, and an order check per stream of events. No goroutine, timer or
// buffer belongs to it; one goroutine drives thousands. Publishers work the
// same way in a goroutine of their own, so that the generator takes as little
// as possible of the machine that it shares with the server under test.
//
// Readers and publishers share one monotonic clock (Now): the publisher writes
// the intended and the actual send time into each event, and the reader takes
// both latencies without any clock offset. Every reader checks sequence
// numbers: lost, duplicated and reordered events are counted, not skipped.
//
// The package drives sockets by epoll and runs on Linux only; elsewhere New and
// NewPublisher return ErrUnsupported.
package swarm

import (
	"errors"
	"time"
)

// ErrUnsupported is returned by New and NewPublisher where there is no epoll.
var ErrUnsupported = errors.New("the load generator needs linux")

// MaxSlots is the largest number of independently ordered event streams that a
// reader tells apart.
const MaxSlots = 64

var (
	origin = time.Now()
	offset int64
)

// Now is the time since the process started in nanoseconds, on the monotonic
// clock that readers and publishers share.
func Now() int64 { return int64(time.Since(origin)) + offset }

// SetClock makes Now go on from the time of another process of this machine:
// both have the kernel's monotonic clock. base is that process's ClockBase. It
// is called before anything else in the package.
func SetClock(base int64) { offset += ClockBase() - base }

// ClockBase is the kernel's monotonic clock when Now was 0. It is good to some
// microseconds.
func ClockBase() int64 { return kernelClock() - Now() }
