package main

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
)

// phaseSeries is a series with the target that it is of.
type phaseSeries struct {
	series

	target string
}

// seriesByPhase are the series of all runs, by phase, in the order of the phases.
func (r *report) seriesByPhase() (names []string, of map[string][]phaseSeries) {
	of = map[string][]phaseSeries{}
	for _, run := range r.Runs {
		for _, s := range run.Series {
			if !slices.Contains(names, s.Phase) {
				names = append(names, s.Phase)
			}
			of[s.Phase] = append(of[s.Phase], phaseSeries{s, run.Target})
		}
	}
	return names, of
}

// seriesPlots are memory over connections where streams were opened, and
// latency over time for each phase that was long enough.
func (r *report) seriesPlots(targets []string) []plot {
	var plots []plot
	names, of := r.seriesByPhase()
	for _, name := range names {
		if p, ok := memoryPlot(of[name], targets); ok {
			plots = append(plots, p)
		}
		if p, ok := timePlot(name, of[name], targets); ok {
			plots = append(plots, p)
		}
	}
	return plots
}

// memoryPlot draws what targets hold while their streams are opened.
func memoryPlot(lines []phaseSeries, targets []string) (plot, bool) {
	var streams, rss float64
	for _, s := range lines {
		for _, p := range s.Samples {
			streams, rss = max(streams, float64(p.Streams)), max(rss, float64(p.RSSBytes)/1e6)
		}
	}
	if streams == 0 {
		return plot{}, false
	}
	c := newChart(linear(streams, ""), linear(rss, " MB"))
	for _, s := range lines {
		points := make([]point, 0, len(s.Samples))
		for _, p := range s.Samples {
			points = append(points, point{float64(p.Streams), float64(p.RSSBytes) / 1e6})
		}
		c.line(points, colourOf(s.target, targets), "")
	}
	return plot{Title: "RSS over connections, while they are opened", SVG: c.svg(targets)}, true
}

// timePlot draws three percentiles of each second, if any target took longer
// than one. A short rest at the end has few deliveries and is left out.
func timePlot(name string, lines []phaseSeries, targets []string) (plot, bool) {
	const rest = 0.25 // seconds
	low, high, seconds, most := math.Inf(1), 0.0, 0.0, 0
	drawn := make([][]sample, len(lines))
	for i, s := range lines {
		begin := 0.0
		for n, p := range s.Samples {
			length := p.Seconds - begin
			begin = p.Seconds
			if p.P50 == 0 || n > 0 && length < rest {
				continue
			}
			low, high, seconds = min(low, p.P50), max(high, p.P999), max(seconds, p.Seconds)
			p.Seconds -= length / 2 // a point is in the middle of what it is of
			drawn[i] = append(drawn[i], p)
		}
		most = max(most, len(drawn[i]))
	}
	if most < 2 {
		return plot{}, false
	}
	c := newChart(linear(seconds, " s"), logarithmic(low, high, " ms"))
	for i, s := range lines {
		for _, l := range []struct {
			of    func(sample) float64
			style string
		}{
			{func(p sample) float64 { return p.P50 }, `stroke-dasharray="2 3"`},
			{func(p sample) float64 { return p.P99 }, ""},
			{func(p sample) float64 { return p.P999 }, `stroke-dasharray="7 3"`},
		} {
			points := make([]point, 0, len(drawn[i]))
			for _, p := range drawn[i] {
				points = append(points, point{p.Seconds, l.of(p)})
			}
			c.line(points, colourOf(s.target, targets), l.style)
		}
	}
	return plot{Title: name + ", latency of each second", SVG: c.svg(targets, "dotted: median", "line: 99 %", "dashed: 99.9 %")}, true
}

// seriesCSV has a line for every sample, nil if there is none.
func (r *report) seriesCSV() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	for _, run := range r.Runs {
		for _, s := range run.Series {
			for _, p := range s.Samples {
				_ = w.Write([]string{ // into memory
					r.Scenario, strconv.Itoa(run.Round), run.Target, s.Phase, number(p.Seconds), strconv.Itoa(p.Streams),
					strconv.FormatUint(p.Deliveries, 10), number(p.P50), number(p.P99), number(p.P999),
					number(p.CPUSeconds), strconv.FormatUint(p.RSSBytes, 10), strconv.Itoa(p.Goroutines),
				})
			}
		}
	}
	w.Flush()
	if b.Len() == 0 {
		return nil
	}
	return append([]byte("scenario,round,target,phase,seconds,streams,deliveries,p50_ms,p99_ms,p999_ms,cpu_seconds,rss_bytes,goroutines\n"), b.Bytes()...)
}
