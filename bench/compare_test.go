package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func savedReport(t *testing.T, ratio float64, valid bool) string {
	t.Helper()
	one := func(v float64) map[string]spread {
		return map[string]spread{targetHub: {Median: v, Min: v, Max: v, Count: 1}}
	}
	r := &report{Schema: reportSchema, Scenario: "fanout", Valid: valid, Summary: []row{
		{Name: "depth1.cpu_us_per_delivery", Targets: one(7 * ratio), ToFloor: one(ratio)},
		{Name: "depth1.latency_p99", Targets: one(100 * ratio * ratio), ToFloor: one(9 * ratio * ratio)},
	}}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompare_FailsOnlyBeyondTheThreshold(t *testing.T) {
	f := func(ratio float64, absolute, worse bool) {
		t.Helper()
		c := &compareCommand{Old: savedReport(t, 1, true), New: savedReport(t, ratio, true), Name: targetHub, Threshold: 15, Absolute: absolute}
		if err := c.Run(); errors.Is(err, errWorse) != worse || (err != nil) != worse {
			t.Errorf("ratio %v: %v, want worse %v", ratio, err, worse)
		}
	}
	f(1.14, false, false) // the latency rose by more, and is not looked at
	f(1.14, true, true)
	f(1.2, false, true)
	f(0.5, true, false)
}

func TestCompare_RefusesWhatCannotBeCompared(t *testing.T) {
	good := savedReport(t, 1, true)
	f := func(c compareCommand) {
		t.Helper()
		if err := c.Run(); err == nil || errors.Is(err, errWorse) {
			t.Errorf("%+v: error %v", c, err)
		}
	}
	f(compareCommand{Old: good, New: savedReport(t, 1, false), Name: targetHub})
	f(compareCommand{Old: good, New: good, Name: "other"})
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte(`{"schema":"hub-bench/0"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f(compareCommand{Old: bad, New: good, Name: targetHub})
}

func TestCompare_TellsByItsExitStatus(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	good := savedReport(t, 1, true)
	f := func(status int, says string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), exe, append([]string{"compare"}, args...)...)
		out, _ := cmd.CombinedOutput() // the status says it
		if got := cmd.ProcessState.ExitCode(); got != status || !strings.Contains(string(out), says) {
			t.Errorf("compare %q: status %d, want %d, and %q in %s", args, got, status, says, out)
		}
	}
	f(0, "+10.0 %", good, savedReport(t, 1.1, true))
	f(1, "WORSE", good, savedReport(t, 1.2, true))
	f(0, "+20.0 %", "--threshold", "25", good, savedReport(t, 1.2, true))
	f(1, "failed runs", good, savedReport(t, 1, false))
	f(80, "no such file", good, good+".none") // kong's status of a wrong command line
}
