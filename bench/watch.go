package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.org/hub/bench/swarm"
)

// How often a target is looked at: while a phase is measured, and while streams
// are opened, which takes a second or two.
const (
	watchPhase   = time.Second
	watchOpening = 50 * time.Millisecond
)

// series is how a phase went.
type series struct {
	Phase   string   `json:"phase"`
	Samples []sample `json:"samples"`
}

// sample is what happened between the sample before and Seconds. The last one
// of a phase covers what is left of it.
type sample struct {
	Seconds    float64 `json:"seconds"`           // since the phase began
	Streams    int     `json:"streams,omitempty"` // open streams, while they are opened
	Deliveries uint64  `json:"deliveries"`
	P50        float64 `json:"p50,omitempty"` // latencies in ms from the intended send time
	P99        float64 `json:"p99,omitempty"`
	P999       float64 `json:"p999,omitempty"`
	CPUSeconds float64 `json:"cpuSeconds"` // of the target
	RSSBytes   uint64  `json:"rssBytes"`
	Goroutines int     `json:"goroutines,omitempty"` // if the target has metrics; not in a phase's last sample
}

// watch samples targets during a phase. What it does in a second costs them
// nothing but one page of metrics, and a reader the exchange of its counts.
type watch struct {
	phase   string
	every   time.Duration
	servers []*server
	pids    []int
	crowd   *crowd
	opening bool // it counts streams, and leaves deliveries alone

	began   time.Time
	cpu     time.Duration // when the last sample was taken
	samples []sample
	total   swarm.Stats
	end     sample // its deliveries are not yet counted

	mu     sync.Mutex // held while a sample is taken
	halted bool
	stop   context.CancelFunc
	wg     sync.WaitGroup
}

// watchFor begins to sample a phase of which c are the readers. A phase without
// a name leaves no series.
func watchFor(ctx context.Context, phase string, c *crowd, servers ...*server) *watch {
	w := &watch{phase: phase, every: watchPhase, servers: servers, crowd: c, total: swarm.NewStats()}
	w.start(ctx)
	return w
}

// watchOpen begins to sample a target whose streams are opened.
func watchOpen(ctx context.Context, c *crowd, s *server) *watch {
	w := &watch{phase: "open", every: watchOpening, servers: []*server{s}, crowd: c, opening: true}
	w.start(ctx)
	return w
}

func (w *watch) start(ctx context.Context) {
	for _, s := range w.servers {
		w.pids = append(w.pids, s.pids()...)
	}
	w.began, w.cpu = time.Now(), w.clock()
	if w.opening {
		w.samples = append(w.samples, sample{RSSBytes: residentMemory(w.pids)})
	}
	ctx, w.stop = context.WithCancel(ctx)
	w.wg.Go(func() {
		t := time.NewTicker(w.every)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				w.take(ctx)
			}
		}
	})
}

// take adds a sample.
func (w *watch) take(ctx context.Context) {
	w.mu.Lock()
	if w.halted {
		w.mu.Unlock()
		return
	}
	s := w.read()
	w.count(&s)
	w.mu.Unlock()
	if !w.opening {
		for _, srv := range w.servers {
			if page, err := srv.runtimeMetrics(ctx); err == nil { // else the meter tells
				s.Goroutines += int(page[metricGoroutines])
			}
		}
	}
	w.samples = append(w.samples, s)
}

// read reads the clock and the targets' figures.
func (w *watch) read() sample {
	cpu := w.clock()
	s := sample{Seconds: time.Since(w.began).Seconds(), CPUSeconds: max(cpu-w.cpu, 0).Seconds(), RSSBytes: residentMemory(w.pids)}
	w.cpu = cpu
	return s
}

// count adds what the readers saw.
func (w *watch) count(s *sample) {
	if w.opening {
		s.Streams = w.crowd.Live()
		return
	}
	st := w.crowd.Collect()
	w.total.Add(&st)
	s.Deliveries = st.Delivered
	if st.Corrected.Count() > 0 {
		s.P50, s.P99, s.P999 = millis(st.Corrected.Quantile(0.5)), millis(st.Corrected.Quantile(0.99)), millis(st.Corrected.Quantile(0.999))
	}
}

// halt ends the phase: what comes now is no part of the series.
func (w *watch) halt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.halted {
		w.halted, w.end = true, w.read()
	}
}

// finish ends the watch, leaves the series in out, and returns what the readers
// saw. Call it again, with nil for out, when a phase may have failed.
func (w *watch) finish(out *outcome) swarm.Stats {
	w.halt()
	w.stop()
	w.wg.Wait()
	if out == nil {
		return w.total
	}
	w.count(&w.end)
	if w.phase != "" {
		out.series = append(out.series, series{w.phase, append(w.samples, w.end)})
	}
	return w.total
}

// clock is the CPU time of the targets; a process that has ended is left out.
func (w *watch) clock() (sum time.Duration) {
	for _, pid := range w.pids {
		if d, err := processClock(pid); err == nil {
			sum += d
		}
	}
	return sum
}

// pids are the processes of a target.
func (s *server) pids() (pids []int) {
	if s.peer == nil {
		return []int{s.pid}
	}
	for _, root := range s.peer.counted {
		pids = append(pids, processTree(root)...)
	}
	return pids
}

// residentMemory adds up what the kernel counts for processes: that is read in
// no time, where smaps_rollup walks over all pages.
func residentMemory(pids []int) (sum uint64) {
	for _, pid := range pids {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
		if f := strings.Fields(string(text)); err == nil && len(f) > 1 {
			pages, _ := strconv.ParseUint(f[1], 10, 64)
			sum += pages * uint64(os.Getpagesize())
		}
	}
	return sum
}
