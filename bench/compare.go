package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// compareCommand holds a result against an earlier one.
type compareCommand struct {
	Old string `arg:"" help:"The earlier result." type:"existingfile"`
	New string `arg:"" help:"The later result." type:"existingfile"`

	Name      string  `help:"The target that is compared." default:"hub" placeholder:"TARGET"`
	Threshold float64 `help:"Fail if the median ratio to the floor rose by more than this, in per cent." default:"15"`
	Absolute  bool    `help:"Compare the figures themselves: only for results of one quiet machine."`
}

// errWorse is returned when a figure is beyond the threshold.
var errWorse = errors.New("worse than before")

// Run is called by kong.
func (c *compareCommand) Run() error {
	before, err := readReport(c.Old)
	if err != nil {
		return err
	}
	after, err := readReport(c.New)
	if err != nil {
		return err
	}
	if before.Scenario != after.Scenario {
		return fmt.Errorf("compare: %s is of %s, %s of %s", c.Old, before.Scenario, c.New, after.Scenario)
	}
	if !before.Valid || !after.Valid {
		return errors.New("compare: a result has failed runs, its figures do not count")
	}
	changes := c.changes(before, after)
	if len(changes) == 0 {
		return fmt.Errorf("compare: no figure of %s is in both; without --absolute both need the floor", c.Name)
	}
	worse := 0
	for _, ch := range changes {
		mark := ""
		if ch.percent > c.Threshold {
			mark, worse = "  WORSE", worse+1
		}
		fmt.Printf("%36s  %8s  %8s  %+6.1f %%%s\n", ch.name, number(ch.before), number(ch.after), ch.percent, mark)
	}
	if worse > 0 {
		return fmt.Errorf("%d figure(s) by more than %v %%: %w", worse, c.Threshold, errWorse)
	}
	return nil
}

// change is a figure in both results; percent above zero is worse.
type change struct {
	name          string
	before, after float64
	percent       float64
}

// changes are the costs in both results: of CPU and memory, the less the better.
// Latencies depend on the machine even as ratios and are only compared on demand.
func (c *compareCommand) changes(before, after *report) []change {
	old := map[string]row{}
	for _, r := range before.Summary {
		old[r.Name] = r
	}
	var all []change
	for _, r := range after.Summary {
		was, ok := old[r.Name]
		cost := strings.Contains(r.Name, "cpu_us_per_") || strings.Contains(r.Name, "ss_per_connection")
		if !ok || !cost && (!c.Absolute || !strings.Contains(r.Name, "latency_")) {
			continue
		}
		from, to := was.ToFloor, r.ToFloor
		if c.Absolute {
			from, to = was.Targets, r.Targets
		}
		a, okA := from[c.Name]
		b, okB := to[c.Name]
		if okA && okB && a.Median > 0 {
			all = append(all, change{r.Name, a.Median, b.Median, 100 * (b.Median/a.Median - 1)})
		}
	}
	return all
}

// readReport reads a result and refuses other versions of its form.
func readReport(path string) (*report, error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("read a result: %w", err)
	}
	r := &report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if r.Schema != reportSchema {
		return nil, fmt.Errorf("read %s: schema %q, want %q", path, r.Schema, reportSchema)
	}
	return r, nil
}
