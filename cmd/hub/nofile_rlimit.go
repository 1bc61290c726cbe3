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
	growDescriptorTable(limit.Cur)
	return limit.Cur, limit.Max, nil
}

// maxTable bounds how far the table of descriptors is made to reach at the
// start: it takes 8 bytes of kernel memory for each.
const maxTable = 1 << 20

// growDescriptorTable has the kernel make the process's table of descriptors as
// large as it will be. It grows by doubling otherwise, and waits for all threads
// each time: in a burst of connects the runtime then starts a hundred of them.
func growDescriptorTable(limit uint64) {
	last := int(min(limit, maxTable)) - 1
	if fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, last); err == nil {
		_ = unix.Close(fd)
	}
}
