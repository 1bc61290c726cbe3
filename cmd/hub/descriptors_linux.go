package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// usedDescriptors returns the part of the descriptors that is in use.
func usedDescriptors() (float64, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read nofile limit: %w", err)
	}
	open, err := openDescriptors("/proc/self/fd")
	return float64(open) / float64(limit.Cur), err
}

// openDescriptors returns how many entries the directory has. The kernel knows
// from 6.2 on; before that they are counted.
func openDescriptors(dir string) (int, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return 0, err
	}
	if n := info.Size(); n > 0 {
		return int(n), nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return len(names), err
}
