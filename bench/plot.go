package main

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"math"
	"slices"
	"strings"
	"time"
)

// page is the report for a browser. The template escapes what is put into it.
var page = htmltemplate.Must(htmltemplate.New("report").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{.Scenario}}</title>
<style>body{font:14px system-ui,sans-serif;margin:2em;max-width:75em}table{border-collapse:collapse}td,th{padding:.2em .8em;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto}.failed{color:#b00}</style>
<h1>{{.Scenario}}</h1><p><code>{{.Command}}</code><br>{{.Facts}}</p>
{{range .Failures}}<p class="failed">{{.}}</p>{{end}}
{{range .Plots}}<h2>{{.Title}}</h2>{{.SVG}}{{end}}
<h2>Figures</h2><table><tr>{{range .Head}}<th>{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>{{end}}</table></html>
`))

// plot is a picture with a heading.
type plot struct {
	Title string
	SVG   htmltemplate.HTML // made of numbers and escaped names only
}

func (r *report) html() ([]byte, error) {
	targets := r.targets()
	data := struct {
		Scenario, Command, Facts string
		Failures                 []string
		Plots                    []plot
		Head                     []string
		Rows                     [][]string
	}{Scenario: r.Scenario, Command: strings.Join(r.Command, " "), Head: append([]string{"figure", "unit"}, targets...)}
	data.Facts = fmt.Sprintf("commit %s%s, %s, %d CPUs, Linux %s, %s", short(r.Commit), dirtyMark(r.Dirty), r.Machine.CPU, r.Machine.CPUs, r.Machine.Kernel, r.Machine.Go)
	for _, run := range r.Runs {
		for _, f := range run.Failures {
			data.Failures = append(data.Failures, fmt.Sprintf("round %d, %s: %s", run.Round, run.Target, f))
		}
	}
	for _, row := range r.Summary {
		line := []string{row.Name, row.Unit}
		for _, t := range targets {
			line = append(line, cell(row.Targets, t))
		}
		data.Rows = append(data.Rows, line)
	}
	data.Plots = append(r.latencyPlots(targets), r.seriesPlots(targets)...)
	var b bytes.Buffer
	if err := page.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("make the report: %w", err)
	}
	return b.Bytes(), nil
}

// latencyPlots are a plot for each phase, with a line for each run.
func (r *report) latencyPlots(targets []string) []plot {
	var names []string
	for _, d := range r.distributions {
		if d.latency.Count() > 0 && !slices.Contains(names, d.name) {
			names = append(names, d.name)
		}
	}
	plots := make([]plot, 0, len(names))
	for _, name := range names {
		var lines []distribution
		for _, d := range r.distributions {
			if d.name == name && d.latency.Count() > 0 {
				lines = append(lines, d)
			}
		}
		plots = append(plots, plot{Title: name + ", ms, by percentile", SVG: latencySVG(lines, targets)})
	}
	return plots
}

// plotNines is how many nines the axis of a distribution has.
const plotNines = 5

// latencySVG draws distributions on an axis of 1/(1-p), on which each further
// nine takes as much room as the one before; both axes are logarithmic.
func latencySVG(lines []distribution, targets []string) htmltemplate.HTML {
	low, high := time.Duration(math.MaxInt64), time.Duration(0)
	for _, d := range lines {
		low, high = min(low, max(d.latency.Quantile(0), time.Microsecond)), max(high, d.latency.Max())
	}
	x := scale{high: plotNines}
	for n, label := range []string{"0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"} {
		x.ticks = append(x.ticks, tick{float64(n), label})
	}
	c := newChart(x, logarithmic(millis(low), millis(high), " ms"))
	for _, d := range lines {
		var points []point
		for _, p := range d.latency.Points() {
			points = append(points, point{-math.Log10(max(1-p.Share, 1e-9)), millis(p.Value)})
		}
		c.line(points, colourOf(d.target, targets), "")
	}
	return c.svg(targets)
}
