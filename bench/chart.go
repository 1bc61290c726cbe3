package main

import (
	"fmt"
	htmltemplate "html/template"
	"math"
	"slices"
	"strings"
)

// The measures of a chart in pixels.
const (
	plotWidth, plotHeight = 900, 360
	plotLeft, plotBottom  = 70, 40
	plotRight, plotTop    = 150, 15
)

var plotColours = []string{"#1b6ec2", "#d2691e", "#2e8b57", "#8b2fc9", "#c2185b", "#555"}

// scale is an axis: the values at its ends and where it has lines.
type scale struct {
	low, high float64
	log       bool
	ticks     []tick
}

// tick is a line across the chart.
type tick struct {
	at    float64
	label string
}

// linear is an axis from 0 to a round number that is not less than high.
func linear(high float64, unit string) scale {
	if high <= 0 {
		high = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(high/4)))
	for _, f := range []float64{5, 2} {
		if high/(f*step) >= 4 {
			step *= f
			break
		}
	}
	s := scale{high: step * math.Ceil(high/step-1e-9)}
	for i := range int(math.Round(s.high/step)) + 1 {
		at := float64(i) * step
		s.ticks = append(s.ticks, tick{at, fmt.Sprintf("%.6g%s", at, unit)})
	}
	return s
}

// logarithmic is an axis of whole decades, with lines between them if there are
// few.
func logarithmic(low, high float64, unit string) scale {
	from, to := math.Floor(math.Log10(low)), math.Ceil(math.Log10(max(high, 2*low)))
	s := scale{low: math.Pow(10, from), high: math.Pow(10, to), log: true}
	for e := from; e <= to; e++ {
		for _, f := range []float64{1, 2, 5} {
			if f == 1 || to-from <= 2 && e < to {
				at := f * math.Pow(10, e)
				s.ticks = append(s.ticks, tick{at, fmt.Sprintf("%.6g%s", at, unit)})
			}
		}
	}
	return s
}

// at is where a value lies between the ends, 0 to 1.
func (s scale) at(v float64) float64 {
	v = min(max(v, s.low), s.high)
	if s.log {
		return math.Log(v/s.low) / math.Log(s.high/s.low)
	}
	return (v - s.low) / (s.high - s.low)
}

// chart is a picture that is being drawn.
type chart struct {
	b    strings.Builder
	x, y scale
}

// point is a pair of values.
type point struct{ x, y float64 }

func newChart(x, y scale) *chart {
	c := &chart{x: x, y: y}
	fmt.Fprintf(&c.b, `<svg viewBox="0 0 %d %d" width="%d" font-size="12" role="img">`, plotWidth, plotHeight, plotWidth)
	for _, t := range x.ticks {
		at := c.px(t.at)
		fmt.Fprintf(&c.b, `<path d="M%.1f %dV%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`,
			at, plotTop, plotHeight-plotBottom, at, plotHeight-plotBottom+18, t.label)
	}
	for _, t := range y.ticks {
		at := c.py(t.at)
		fmt.Fprintf(&c.b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`,
			plotLeft, at, plotWidth-plotRight, plotLeft-6, at+4, t.label)
	}
	return c
}

func (c *chart) px(v float64) float64 { return plotLeft + c.x.at(v)*(plotWidth-plotLeft-plotRight) }
func (c *chart) py(v float64) float64 {
	return plotHeight - plotBottom - c.y.at(v)*(plotHeight-plotBottom-plotTop)
}

// line draws points; style is a list of attributes. A single point is a dot.
func (c *chart) line(points []point, colour, style string) {
	if len(points) == 0 {
		return
	}
	if len(points) == 1 {
		fmt.Fprintf(&c.b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, c.px(points[0].x), c.py(points[0].y), colour)
		return
	}
	fmt.Fprintf(&c.b, `<polyline fill="none" stroke-width="1.5" stroke="%s" %s points="`, colour, style)
	for _, p := range points {
		fmt.Fprintf(&c.b, "%.1f,%.1f ", c.px(p.x), c.py(p.y))
	}
	c.b.WriteString(`"/>`)
}

// svg ends the picture with the names of what the colours mean, and notes below.
func (c *chart) svg(targets []string, notes ...string) htmltemplate.HTML {
	y := plotTop + 15
	put := func(colour, text string) {
		fmt.Fprintf(&c.b, `<text x="%d" y="%d" fill="%s">%s</text>`, plotWidth-plotRight+12, y, colour, htmltemplate.HTMLEscapeString(text))
		y += 18
	}
	for _, t := range targets {
		put(colourOf(t, targets), t)
	}
	for _, n := range notes {
		put("#555", n)
	}
	c.b.WriteString("</svg>")
	return htmltemplate.HTML(c.b.String()) //nolint:gosec // numbers, and names that are escaped
}

func colourOf(target string, targets []string) string {
	return plotColours[max(slices.Index(targets, target), 0)%len(plotColours)]
}
