package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The metrics that are read from a target that has them.
const (
	metricGoroutines = "go_goroutines"
	metricHeap       = "go_memstats_heap_alloc_bytes"
	metricStreams    = "hub_connections"
	metricGCPauses   = "go_gc_duration_seconds_sum"
	metricGCCycles   = "go_gc_duration_seconds_count"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// get asks the target's internal address for a page.
func (s *server) get(ctx context.Context, path string, timeout time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.internal.String()+path, nil)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	if s.apiKey != "" {
		req.Header.Set("X-API-Key", s.apiKey)
	}
	resp, err := httpClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get %s: status %d", path, resp.StatusCode)
	}
	return body, nil
}

// readMetrics returns the target's metrics; those with labels are summed up
// under their name.
func (s *server) readMetrics(ctx context.Context) (map[string]float64, error) {
	page, err := s.get(ctx, "/metrics", 5*time.Second)
	if err != nil {
		return nil, err
	}
	return parseMetrics(page), nil
}

// parseMetrics reads the Prometheus text format. Lines that it does not
// understand are skipped: the server under test decides what is on the page.
func parseMetrics(page []byte) map[string]float64 {
	m := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(page)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		if i := strings.IndexByte(line, '{'); i >= 0 {
			end := strings.LastIndexByte(line, '}')
			if end < i {
				continue
			}
			name, rest = line[:i], strings.TrimSpace(line[end+1:])
		}
		value, _, _ := strings.Cut(rest, " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			m[name] += v
		}
	}
	return m
}

// collectGarbage makes the target run its collector: a heap profile may ask for it.
func (s *server) collectGarbage(ctx context.Context) error {
	_, err := s.get(ctx, "/debug/pprof/heap?gc=1", 30*time.Second)
	return err
}

// profile saves a CPU profile of the target from now on; wait for done before
// the target is stopped. It does nothing unless it was asked for.
func (e *environment) profile(ctx context.Context, s *server, phase string) (done func()) {
	if e.Pprof <= 0 || s.name != targetHub {
		return func() {}
	}
	seconds := max(int(e.Pprof.Seconds()), 1)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		p, err := s.get(ctx, "/debug/pprof/profile?seconds="+strconv.Itoa(seconds), e.Pprof+time.Minute)
		if err == nil {
			err = os.WriteFile(filepath.Join(e.Out, fmt.Sprintf("%s-round%d.pprof", phase, e.round)), p, 0o600)
		}
		if err != nil {
			fmt.Fprintln(e.bar, "bench: profile:", err)
		}
	}()
	return func() { <-finished }
}
