package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// writeText prints the summary for people: medians, with the least and greatest
// value behind them if there were several rounds.
func (r *report) writeText(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s  commit %s%s  %s, %d CPUs, Linux %s, %s\n", r.Scenario, short(r.Commit), dirtyMark(r.Dirty), r.Machine.CPU, r.Machine.CPUs, r.Machine.Kernel, r.Machine.Go)
	fmt.Fprintf(&b, "%s\n\n", strings.Join(r.Command[1:], " "))
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	targets := r.targets()
	r.writeHeading(tw, targets)
	for _, row := range r.Summary {
		writeRow(tw, row, targets)
	}
	_ = tw.Flush() // into memory
	for _, run := range r.Runs {
		for _, f := range run.Failures {
			fmt.Fprintf(&b, "FAILED  round %d, %s: %s\n", run.Round, run.Target, f)
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r *report) writeHeading(w io.Writer, targets []string) {
	fmt.Fprint(w, "figure\t")
	for _, t := range targets {
		fmt.Fprintf(w, "%s\t", t)
	}
	for _, t := range targets {
		if t != targetFloor && targets[0] == targetFloor {
			fmt.Fprintf(w, "%s/floor\t", t)
		}
	}
	fmt.Fprintln(w, "unit\t")
}

func writeRow(w io.Writer, row row, targets []string) {
	fmt.Fprintf(w, "%s\t", row.Name)
	for _, t := range targets {
		fmt.Fprintf(w, "%s\t", cell(row.Targets, t))
	}
	for _, t := range targets {
		if t != targetFloor && targets[0] == targetFloor {
			fmt.Fprintf(w, "%s\t", cell(row.ToFloor, t))
		}
	}
	fmt.Fprintf(w, "%s\t\n", row.Unit)
}

func cell(of map[string]spread, target string) string {
	s, ok := of[target]
	switch {
	case !ok:
		return "-"
	case s.Count == 1:
		return number(s.Median)
	}
	return number(s.Median) + " [" + number(s.Min) + ".." + number(s.Max) + "]"
}

// number shows three significant digits, and integers whole.
func number(v float64) string {
	if a := math.Abs(v); a >= 100 || v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// targets are what ran, in the order of the runs.
func (r *report) targets() []string {
	var names []string
	for _, run := range r.Runs {
		if run.Round == 1 {
			names = append(names, run.Target)
		}
	}
	return names
}

func short(commit string) string {
	if commit == "" {
		return "unknown"
	}
	return commit[:min(12, len(commit))]
}

func dirtyMark(dirty bool) string {
	if dirty {
		return "+changes"
	}
	return ""
}
