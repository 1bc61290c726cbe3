package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/hub/bench/swarm"
)

// distribution is the latencies of one phase of a run.
type distribution struct {
	round        int
	target, name string
	latency      *swarm.Latency
}

// saveArtifacts writes what is made for people and plotters beside the JSON:
// a table in Markdown, all figures and all samples as CSV, each distribution as
// .hgrm, and a report with plots.
func (r *report) saveArtifacts(base string) error {
	write := func(name string, text []byte) error {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return fmt.Errorf("save the report: %w", err)
		}
		return nil
	}
	if err := write(base+".md", r.markdown()); err != nil {
		return err
	}
	if err := write(base+".csv", r.csv()); err != nil {
		return err
	}
	if samples := r.seriesCSV(); samples != nil {
		if err := write(base+"-series.csv", samples); err != nil {
			return err
		}
	}
	page, err := r.html()
	if err != nil {
		return err
	}
	if err := write(base+".html", page); err != nil {
		return err
	}
	for _, d := range r.distributions {
		var b bytes.Buffer
		if err := d.latency.WritePercentiles(&b); err != nil {
			return err
		}
		name := fmt.Sprintf("%s-%s-%s-%d.hgrm", base, d.target, d.name, d.round)
		if err := write(name, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// markdown is the summary as a table: medians, with the least and the greatest
// value if there were several rounds.
func (r *report) markdown() []byte {
	var b bytes.Buffer
	targets := r.targets()
	fmt.Fprintf(&b, "## %s\n\n`%s`, commit %s%s, %s, %d CPUs, Linux %s, %s\n\n", r.Scenario, strings.Join(r.Command[1:], " "),
		short(r.Commit), dirtyMark(r.Dirty), r.Machine.CPU, r.Machine.CPUs, r.Machine.Kernel, r.Machine.Go)
	fmt.Fprintf(&b, "| figure | unit | %s |\n|---|---|%s\n", strings.Join(targets, " | "), strings.Repeat("---:|", len(targets)))
	for _, row := range r.Summary {
		fmt.Fprintf(&b, "| %s | %s |", row.Name, row.Unit)
		for _, t := range targets {
			fmt.Fprintf(&b, " %s |", cell(row.Targets, t))
		}
		b.WriteString("\n")
	}
	for _, run := range r.Runs {
		for _, f := range run.Failures {
			fmt.Fprintf(&b, "\n**Failed**, round %d, %s: %s\n", run.Round, run.Target, f)
		}
	}
	b.WriteString("\n")
	return b.Bytes()
}

// csv has a line for every figure of every run.
func (r *report) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"scenario", "round", "target", "figure", "unit", "value"}) // into memory
	for _, run := range r.Runs {
		for _, f := range run.Figures {
			_ = w.Write([]string{r.Scenario, strconv.Itoa(run.Round), run.Target, f.Name, f.Unit, strconv.FormatFloat(f.Value, 'g', -1, 64)})
		}
	}
	w.Flush()
	return b.Bytes()
}

// base is the path of the report's files without their endings.
func (r *report) base(dir string) string {
	return filepath.Join(dir, fmt.Sprintf("%s-%s", r.Started.Format("20060102T150405"), r.Scenario))
}
