package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// usage reads what the target has used, with all processes that it started.
func (s *server) usage() (usage, error) {
	if s.peer == nil {
		return readUsage(s.pid)
	}
	var sum usage
	for _, root := range s.peer.counted {
		for _, pid := range processTree(root) {
			u, err := readUsage(pid)
			if err != nil && pid != root && errors.Is(err, os.ErrNotExist) {
				continue // it ended meanwhile
			}
			if err != nil {
				return sum, err
			}
			sum.add(u)
		}
	}
	return sum, nil
}

// add adds another process. What several share counts in rss for each of them,
// in pss once.
func (u *usage) add(v usage) {
	u.at = v.at
	u.cpu += v.cpu
	u.rss += v.rss
	u.pss += v.pss
	u.peak += v.peak
	u.threads += v.threads
	u.switches += v.switches
}

// processTree is a process with all of its descendants, itself first.
func processTree(root int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		parent := parentOf(pid)
		children[parent] = append(children[parent], pid)
	}
	tree := []int{root}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	slices.Sort(tree[1:])
	return tree
}

// parentOf is the parent of a process, 0 if there is no such process.
func parentOf(pid int) int {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	return parseParent(stat)
}

// parseParent takes the parent out of /proc/<pid>/stat: the second field behind
// the name, which is in parentheses and may hold any character.
func parseParent(stat []byte) int {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	n, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0
	}
	return n
}
