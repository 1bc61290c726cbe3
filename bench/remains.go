package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// remains is what a server still holds when streams have gone.
type remains struct {
	memory

	files   int
	streams float64 // that it counts itself, if it does
}

func takeRemains(ctx context.Context, e *environment, s *server) (r remains, err error) {
	if r.memory, err = takeMemory(ctx, e, s); err != nil {
		return r, err
	}
	if s.metrics {
		page, err := s.readMetrics(ctx)
		if err != nil {
			return r, err
		}
		r.streams = page[metricStreams]
	}
	r.files, err = countFiles(s.pid)
	return r, err
}

// leaks lets the pool go for good and compares with what the target held before
// it came. The target may take a while to notice, but not for ever.
func (r *churnRun) leaks(ctx context.Context, opened int) error {
	if err := r.pool.Close(); err != nil {
		return err
	}
	for deadline := time.Now().Add(r.env.Timeout); ; {
		files, err := countFiles(r.server.pid)
		if err != nil {
			return err
		}
		if files <= r.before.files || time.Now().After(deadline) {
			break
		}
		// Some targets notice only when they write that a client has gone.
		if _, err := r.load.rounds(1, r.env.Timeout); err != nil {
			return err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	after, err := takeRemains(ctx, r.env, r.server)
	if err != nil {
		return err
	}
	left := float64(after.files - r.before.files)
	r.out.add("files_left", "", left)
	r.out.add("streams_left", "", after.streams-r.before.streams)
	r.out.add("goroutines_left", "", after.goroutines-r.before.goroutines)
	r.out.add("heap_left", "MB", (after.heap-r.before.heap)/1e6)
	r.out.add("rss_left", "MB", (float64(after.collected.rss)-float64(r.before.collected.rss))/1e6)
	if n := max(left, after.streams-r.before.streams); n*100 > float64(opened) { // a connection that asks for metrics may be among them
		r.out.fail("%.0f descriptors and %.0f streams are left of those that went", left, after.streams-r.before.streams)
	}
	return nil
}

// countFiles is how many descriptors a process has open.
func countFiles(pid int) (int, error) {
	files, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "fd"))
	if err != nil {
		return 0, fmt.Errorf("count descriptors: %w", err)
	}
	return len(files), nil
}
