package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func figures(cpu float64) *outcome {
	o := &outcome{}
	o.add("cpu", "us", cpu)
	return o
}

// testReport has three rounds on a machine that gets slower: the ratio stays.
func testReport() *report {
	r := newReport("fanout", &options{APIKey: "secret-key"}, nil)
	for i, floor := range []float64{10, 20, 40} {
		r.take(i+1, targetFloor, figures(floor))
		r.take(i+1, targetHub, figures(floor*1.5))
	}
	return r
}

func TestSummary_TakesTheRatioWithinARound(t *testing.T) {
	rows := summarise(testReport().Runs)
	if len(rows) != 1 {
		t.Fatalf("got %d rows, want 1", len(rows))
	}
	if got, want := rows[0].Targets[targetHub], (spread{Median: 30, Min: 15, Max: 60, Count: 3}); got != want {
		t.Errorf("hub: got %+v, want %+v", got, want)
	}
	if got, want := rows[0].ToFloor[targetHub], (spread{Median: 1.5, Min: 1.5, Max: 1.5, Count: 3}); got != want {
		t.Errorf("ratio: got %+v, want %+v", got, want)
	}
	if _, ok := rows[0].ToFloor[targetFloor]; ok {
		t.Error("the floor has a ratio to itself")
	}
}

func TestSpread_MedianOfAnEvenCount(t *testing.T) {
	if got, want := spreadOf([]float64{4, 1, 3, 2}), (spread{Median: 2.5, Min: 1, Max: 4, Count: 4}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestReport_SavesWhatItShowsWithoutSecrets(t *testing.T) {
	args := os.Args
	t.Cleanup(func() { os.Args = args })
	os.Args = []string{"bench", "fanout", "-api-key", "secret-key", "--api-key=secret-key", "-runs", "3"}
	r, dir := testReport(), t.TempDir()
	var text bytes.Buffer
	if err := r.write(&text, dir); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"hub/floor", "30 [15..60]", "1.5 [1.5..1.5]", "--runs 3"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &text)
		}
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*-fanout.json"))
	if len(files) != 1 {
		t.Fatalf("got files %q, want one", files)
	}
	saved, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(saved, &back); err != nil || back.Schema != reportSchema || len(back.Runs) != 6 || !back.Valid || back.Machine.CPUs == 0 {
		t.Errorf("read back %+v, %v", back, err)
	}
	if bytes.Contains(saved, []byte("secret-key")) || strings.Contains(text.String(), "secret-key") {
		t.Error("the API key is in the report")
	}
}

func TestReport_AFailedRunDoesNotCount(t *testing.T) {
	r := testReport()
	o := figures(1)
	o.fail("lost %d", 3)
	r.take(4, targetHub, o)
	var text bytes.Buffer
	if err := r.write(&text, ""); err == nil || !strings.Contains(text.String(), "FAILED  round 4, hub: lost 3") {
		t.Errorf("got %v, table:\n%s", err, &text)
	}
}

func TestNumber(t *testing.T) {
	f := func(v float64, want string) {
		t.Helper()
		if got := number(v); got != want {
			t.Errorf("number(%v) = %s, want %s", v, got, want)
		}
	}
	f(0, "0")
	f(15000, "15000")
	f(1234.5, "1234")
	f(12.345, "12.3")
	f(0.012345, "0.0123")
}
