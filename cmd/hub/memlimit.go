package main

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// memoryShare is the part of the cgroup's limit, in percent, that the Go heap
// may take; the rest is for what the runtime does not count.
const memoryShare = 90

// memoryLimit returns what GOMEMLIMIT should be for the cgroup that the process
// is in: memoryShare of the least limit on the way to the root, in bytes, or
// false if there is none. root is the root of the file system.
func memoryLimit(root fs.FS) (int64, bool) {
	self, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	least := int64(math.MaxInt64)
	for line := range strings.Lines(string(self)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		switch {
		case controllers == "": // cgroup v2
			least = min(least, leastLimit(root, "sys/fs/cgroup", group, "memory.max"))
		case hasController(controllers, "memory"): // cgroup v1
			least = min(least, leastLimit(root, "sys/fs/cgroup/memory", group, "memory.limit_in_bytes"))
		}
	}
	const unlimited = 1 << 60 // v1 writes "none" as a number near the greatest
	if least >= unlimited {
		return 0, false
	}
	return least / 100 * memoryShare, true
}

// leastLimit reads the limit of a group and of every group above it. Inside a
// container the group's own path is often not mounted; the mount's root is.
func leastLimit(root fs.FS, mount, group, file string) int64 {
	least := int64(math.MaxInt64)
	for dir := path.Join("/", group); ; dir = path.Dir(dir) {
		text, err := fs.ReadFile(root, path.Join(mount, dir, file))
		if err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
				least = min(least, n)
			}
		}
		if dir == "/" {
			return least
		}
	}
}

func hasController(list, name string) bool {
	for c := range strings.SplitSeq(list, ",") {
		if c == name {
			return true
		}
	}
	return false
}
