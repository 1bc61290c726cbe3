//go:build unix

package transport

import "golang.org/x/sys/unix"

// maxFiles returns how many descriptors the process may have, 0 if unknown.
// Counting those it has takes a system call for each: see hub_streams instead.
func maxFiles() float64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return float64(limit.Cur)
}
