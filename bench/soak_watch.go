package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// soakSample is what the hub holds at one moment.
type soakSample struct {
	after       time.Duration // since the start of the run
	rss         float64
	heap        float64
	goroutines  float64
	descriptors float64 // without one for each stream
	streams     float64
	cpu         time.Duration
	p99         time.Duration // of the last minute
}

// soakWatch samples a hub.
type soakWatch struct {
	server  *server
	cfg     *soakScenario
	began   time.Time
	samples []soakSample
}

func newSoakWatch(s *server, cfg *soakScenario) *soakWatch {
	return &soakWatch{server: s, cfg: cfg, began: time.Now()}
}

func (w *soakWatch) run(ctx context.Context, crowd *soakCrowd) {
	minute, p99 := time.Now(), time.Duration(0)
	for pause(ctx, w.cfg.Sample) == nil {
		if time.Since(minute) >= time.Minute {
			minute, p99 = time.Now(), crowd.turn()
		}
		s, err := w.sample(ctx)
		if err != nil {
			if ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "bench: sample:", err)
			}
			continue
		}
		s.p99 = p99
		w.samples = append(w.samples, s)
		if n := len(w.samples); n%6 == 0 {
			fmt.Fprintf(os.Stderr, "%7s  rss %.1f MB  heap %.1f MB  goroutines %.0f  streams %.0f  p99 %v  lost %d  gaps %d  slow: gaps %d connects %d\n",
				s.after.Round(time.Second), s.rss/1e6, s.heap/1e6, s.goroutines, s.streams, s.p99, crowd.lost.Load(), crowd.gaps.Load(), crowd.slowGaps.Load(), crowd.slowConnects.Load())
		}
	}
}

func (w *soakWatch) sample(ctx context.Context) (soakSample, error) {
	page, err := w.server.readMetrics(ctx)
	if err != nil {
		return soakSample{}, err
	}
	u, err := readUsage(w.server.pid)
	if err != nil {
		return soakSample{}, err
	}
	files, err := countFiles(w.server.pid)
	if err != nil {
		return soakSample{}, err
	}
	return soakSample{
		after: time.Since(w.began), rss: float64(u.rss), heap: page[metricHeap], goroutines: page[metricGoroutines],
		descriptors: float64(files) - page[metricStreams], streams: page[metricStreams], cpu: u.cpu,
	}, nil
}

// report judges the slopes of what came after the warm-up.
func (w *soakWatch) report(out *outcome, cfg *soakScenario) {
	warm := cfg.Warm
	if warm == 0 {
		warm = cfg.For / 4
	}
	var steady []soakSample
	for _, s := range w.samples {
		if s.after >= warm {
			steady = append(steady, s)
		}
	}
	if len(steady) < 3 {
		out.fail("only %d samples after the warm-up", len(steady))
		return
	}
	for _, f := range []struct {
		name  string
		unit  string
		scale float64
		least float64 // growth an hour that never matters
		of    func(soakSample) float64
	}{
		{"rss", "MB", 1e6, 1e6, func(s soakSample) float64 { return s.rss }},
		{"heap", "MB", 1e6, 1e6, func(s soakSample) float64 { return s.heap }},
		{"goroutines", "", 1, 5, func(s soakSample) float64 { return s.goroutines }},
		{"descriptors", "", 1, 5, func(s soakSample) float64 { return s.descriptors }},
		{"streams", "", 1, 5, func(s soakSample) float64 { return s.streams }},
	} {
		line := fit(steady, f.of)
		limit := max(f.least, line.mean*cfg.MaxSlope/100)
		out.add(f.name+"_mean", f.unit, line.mean/f.scale)
		out.add(f.name+"_slope", "%/h", 100*line.perHour/max(line.mean, 1))
		out.add(f.name+"_slope_error", "%/h", 100*line.stderr/max(line.mean, 1))
		if f.name == "streams" {
			continue
		}
		v := line.verdict(limit)
		fmt.Fprintf(os.Stderr, "%s: %.3g%s, %+.3g an hour, two standard errors %.2g, flat up to %.3g: %s\n",
			f.name, line.mean/f.scale, f.unit, line.perHour/f.scale, 2*line.stderr/f.scale, limit/f.scale, v)
		if v == verdictGrowing {
			out.fail("%s: %+.1f %% an hour", f.name, 100*line.perHour/max(line.mean, 1))
		}
	}
	first, last := steady[0], steady[len(steady)-1]
	out.add("server_cores", "", (last.cpu-first.cpu).Seconds()/(last.after-first.after).Seconds())
}

// fit is the line through a figure of the samples.
func fit(samples []soakSample, of func(soakSample) float64) slope {
	at, values := make([]time.Duration, len(samples)), make([]float64, len(samples))
	for i, s := range samples {
		at[i], values[i] = s.after, of(s)
	}
	return slopeOf(at, values)
}

// csv returns the samples.
func (w *soakWatch) csv() string {
	var b strings.Builder
	b.WriteString("seconds,rss_bytes,heap_bytes,goroutines,descriptors_besides_streams,streams,cpu_seconds,minute_p99_ms\n")
	for _, s := range w.samples {
		fmt.Fprintf(&b, "%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,%.2f,%.3f\n",
			s.after.Seconds(), s.rss, s.heap, s.goroutines, s.descriptors, s.streams, s.cpu.Seconds(), millis(s.p99))
	}
	return b.String()
}
