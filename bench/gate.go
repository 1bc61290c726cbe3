package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// gateCommand holds a result's ratios to the floor against bounds.
type gateCommand struct {
	Result string             `arg:"" help:"The result." type:"existingfile"`
	AtMost map[string]float64 `help:"FIGURE=RATIO: the hub's figure may be so many times the floor's." required:""`
}

// Run is called by kong.
func (g *gateCommand) Run() error {
	r, err := readReport(g.Result)
	if err != nil {
		return err
	}
	if !r.Valid {
		return errors.New("gate: the result has failed runs")
	}
	return g.check(r)
}

// check looks at the best round: a machine that is busy elsewhere makes single
// rounds slow, and code that became slower makes all of them slow.
func (g *gateCommand) check(r *report) error {
	var failed []error
	for _, name := range slices.Sorted(maps.Keys(g.AtMost)) {
		i := slices.IndexFunc(r.Summary, func(row row) bool { return row.Name == name })
		if i < 0 || r.Summary[i].ToFloor[targetHub].Count == 0 {
			failed = append(failed, fmt.Errorf("gate: no ratio of %s to the floor in the result", name))
			continue
		}
		if got, most := r.Summary[i].ToFloor[targetHub].Min, g.AtMost[name]; got > most {
			failed = append(failed, fmt.Errorf("gate: %s: %.3g times the floor in the best round, at most %v allowed", name, got, most))
		}
	}
	return errors.Join(failed...)
}
