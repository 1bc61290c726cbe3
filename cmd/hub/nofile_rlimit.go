//go:build linux || darwin

package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// raiseNoFile lifts the soft limit of open descriptors to the hard one and
// returns both as they are now.
func raiseNoFile() (soft, hard uint64, err error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, 0, fmt.Errorf("read nofile limit: %w", err)
	}
	if limit.Cur < limit.Max {
		raised := unix.Rlimit{Cur: limit.Max, Max: limit.Max}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &raised); err != nil {
			return limit.Cur, limit.Max, fmt.Errorf("raise nofile limit: %w", err)
		}
		limit = raised
	}
	return limit.Cur, limit.Max, nil
}
