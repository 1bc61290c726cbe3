package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// reportSchema is the version of the JSON form. Fields may be added to it; a
// change of meaning gets a new number.
const reportSchema = "hub-bench/1"

// report is the result of a command, as it is written to the JSON file.
type report struct {
	Schema   string    `json:"schema"`
	Scenario string    `json:"scenario"`
	Started  time.Time `json:"started"`
	Seconds  float64   `json:"seconds"`
	Command  []string  `json:"command"`
	Commit   string    `json:"commit"`
	Dirty    bool      `json:"dirty"`
	Machine  machine   `json:"machine"`
	Options  any       `json:"options"`
	Params   any       `json:"params"`
	Runs     []run     `json:"runs"`
	Summary  []row     `json:"summary"`
	Valid    bool      `json:"valid"` // no run failed

	distributions []distribution
}

// run is one run of one target.
type run struct {
	Round    int      `json:"round"`
	Target   string   `json:"target"`
	Figures  []figure `json:"figures"`
	Failures []string `json:"failures,omitempty"`
	Series   []series `json:"series,omitempty"`
}

func newReport(scenario string, opts *options, params any) *report {
	r := &report{
		Schema: reportSchema, Scenario: scenario, Started: time.Now().UTC(), Command: redact(os.Args),
		Machine: readMachine(), Params: params, Valid: true,
	}
	shown := *opts
	shown.APIKey = ""         // a secret
	if shown.StartHub != "" { // where it lies is nobody's business
		shown.StartHub = filepath.Base(shown.StartHub)
	}
	r.Options = shown
	r.Commit, r.Dirty = commit()
	return r
}

// redact leaves the API key, and where the program lies, out of a command line.
func redact(args []string) []string {
	out := make([]string, 0, len(args))
	hide := false
	for i, a := range doubleDashes(args) {
		switch {
		case i == 0:
			a = filepath.Base(a)
		case hide:
			a, hide = "***", false
		case a == "--api-key":
			hide = true
		case len(a) > 10 && a[:10] == "--api-key=":
			a = "--api-key=***"
		}
		out = append(out, a)
	}
	return out
}

func (r *report) take(round int, target string, out *outcome) {
	r.Runs = append(r.Runs, run{Round: round, Target: target, Figures: out.figures, Failures: out.failures, Series: out.series})
	for _, d := range out.latencies {
		d.round, d.target = round, target
		r.distributions = append(r.distributions, d)
	}
	r.Valid = r.Valid && len(out.failures) == 0
}

// write prints the table, saves the JSON if there is a directory for it, and
// returns errFailed when a run does not count.
func (r *report) write(w io.Writer, dir string) error {
	r.Seconds = time.Since(r.Started).Seconds()
	r.Summary = summarise(r.Runs)
	if err := r.writeText(w); err != nil {
		return err
	}
	if dir != "" {
		if err := r.save(dir); err != nil {
			return err
		}
	}
	if !r.Valid {
		return errFailed
	}
	return nil
}

func (r *report) save(dir string) (err error) {
	base := r.base(dir)
	if err := r.saveArtifacts(base); err != nil {
		return err
	}
	f, err := os.Create(filepath.Clean(base + ".json"))
	if err != nil {
		return fmt.Errorf("save the report: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	enc := json.NewEncoder(f)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("save the report: %w", err)
	}
	return nil
}
