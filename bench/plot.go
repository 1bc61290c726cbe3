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
	data.Plots = r.latencyPlots(targets)
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

// The plot's measures in pixels, and how many nines its axis has.
const (
	plotWidth, plotHeight = 900, 360
	plotLeft, plotBottom  = 70, 40
	plotRight, plotTop    = 130, 15
	plotNines             = 5
)

var plotColours = []string{"#1b6ec2", "#d2691e", "#2e8b57", "#8b2fc9", "#c2185b", "#555"}

// latencySVG draws distributions on an axis of 1/(1-p), on which each further
// nine takes as much room as the one before; both axes are logarithmic.
func latencySVG(lines []distribution, targets []string) htmltemplate.HTML {
	low, high := time.Duration(math.MaxInt64), time.Duration(0)
	for _, d := range lines {
		low, high = min(low, max(d.latency.Quantile(0), time.Microsecond)), max(high, d.latency.Max())
	}
	bottom, top := math.Floor(math.Log10(millis(low))), math.Ceil(math.Log10(millis(max(high, 2*low))))
	x := func(share float64) float64 {
		nines := min(-math.Log10(max(1-share, 1e-9)), plotNines)
		return plotLeft + nines/plotNines*(plotWidth-plotLeft-plotRight)
	}
	y := func(ms float64) float64 {
		at := (math.Log10(max(ms, math.Pow(10, bottom))) - bottom) / max(top-bottom, 1)
		return plotHeight - plotBottom - at*(plotHeight-plotBottom-plotTop)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" width="%d" font-size="12" role="img">`, plotWidth, plotHeight, plotWidth)
	for n, label := range []string{"0", "90", "99", "99.9", "99.99", "99.999"} {
		at := x(1 - math.Pow(10, -float64(n)))
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%s %%</text>`,
			at, plotTop, plotHeight-plotBottom, at, plotHeight-plotBottom+18, label)
	}
	for e := bottom; e <= top; e++ {
		at := y(math.Pow(10, e))
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g ms</text>`,
			plotLeft, at, plotWidth-plotRight, plotLeft-6, at+4, math.Pow(10, e))
	}
	for _, d := range lines {
		fmt.Fprintf(&b, `<polyline fill="none" stroke-width="1.5" stroke="%s" points="`, colourOf(d.target, targets))
		for _, p := range d.latency.Points() {
			fmt.Fprintf(&b, "%.1f,%.1f ", x(p.Share), y(millis(p.Value)))
		}
		b.WriteString(`"/>`)
	}
	for i, t := range targets {
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s">%s</text>`, plotWidth-plotRight+12, plotTop+15+18*i, colourOf(t, targets), htmltemplate.HTMLEscapeString(t))
	}
	b.WriteString("</svg>")
	return htmltemplate.HTML(b.String()) //nolint:gosec // numbers, and names that are escaped
}

func colourOf(target string, targets []string) string {
	return plotColours[max(slices.Index(targets, target), 0)%len(plotColours)]
}
