package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used, read from outside.
type usage struct {
	at       time.Time
	cpu      time.Duration // user and system, all threads
	rss      uint64        // bytes
	pss      uint64        // bytes, shared pages divided by those who share them
	peak     uint64        // the largest rss ever, bytes
	threads  uint64
	switches uint64 // voluntary and involuntary, of the threads that live
}

// readUsage reads the figures of a process.
func readUsage(pid int) (usage, error) {
	u := usage{at: time.Now()}
	var err error
	if u.cpu, err = processClock(pid); err != nil {
		return u, err
	}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	rollup, err := readFields(filepath.Join(proc, "smaps_rollup"))
	if err != nil {
		return u, err
	}
	status, err := readFields(filepath.Join(proc, "status"))
	if err != nil {
		return u, err
	}
	u.rss, u.pss, u.peak, u.threads = rollup["Rss"]<<10, rollup["Pss"]<<10, status["VmHWM"]<<10, status["Threads"]
	u.switches = readSwitches(proc)
	return u, nil
}

// readSwitches sums up over the threads; one that ends meanwhile is left out.
func readSwitches(proc string) (n uint64) {
	tasks, _ := filepath.Glob(filepath.Join(proc, "task", "*", "status"))
	for _, t := range tasks {
		if f, err := readFields(t); err == nil {
			n += f["voluntary_ctxt_switches"] + f["nonvoluntary_ctxt_switches"]
		}
	}
	return n
}

func readFields(path string) (map[string]uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read process figures: %w", err)
	}
	return parseFields(text), nil
}

// parseFields reads lines of the form "Name:  123 kB". Others are skipped.
func parseFields(text []byte) map[string]uint64 {
	m := map[string]uint64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, rest, ok := strings.Cut(lines.Text(), ":")
		f := strings.Fields(rest)
		if !ok || len(f) == 0 {
			continue
		}
		if v, err := strconv.ParseUint(f[0], 10, 64); err == nil {
			m[name] = v
		}
	}
	return m
}

// socketMemory is what the kernel's TCP buffers hold at this moment in bytes, of
// all processes on the machine.
func socketMemory() uint64 {
	text, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		return 0
	}
	return parseSockstat(text) * uint64(os.Getpagesize())
}

// slabMemory is what the kernel's own objects take in bytes: sockets, files and
// epoll entries of all processes on the machine are the part that grows here.
func slabMemory() uint64 {
	info, err := readFields("/proc/meminfo")
	if err != nil {
		return 0
	}
	return info["Slab"] << 10
}

// parseSockstat returns the pages that TCP uses.
func parseSockstat(text []byte) uint64 {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), "TCP:")
		if !ok {
			continue
		}
		f := strings.Fields(rest)
		for i := 0; i+1 < len(f); i += 2 {
			if f[i] == "mem" {
				n, _ := strconv.ParseUint(f[i+1], 10, 64)
				return n
			}
		}
	}
	return 0
}

// spent is the CPU time between two readings.
func spent(before, after usage) time.Duration { return after.cpu - before.cpu }

// micros is a duration in microseconds.
func micros(d time.Duration) float64 { return float64(d) / 1e3 }

// millis is a duration in milliseconds.
func millis(d time.Duration) float64 { return float64(d) / 1e6 }
