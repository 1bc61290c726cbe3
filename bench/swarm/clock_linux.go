package swarm

import "golang.org/x/sys/unix"

// kernelClock is the clock that Go's monotonic times have on Linux.
func kernelClock() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return ts.Nano()
}
