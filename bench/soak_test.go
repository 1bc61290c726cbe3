package main

import (
	"strings"
	"testing"
	"time"
)

func TestSoakWatch_FailsWhatGrows(t *testing.T) {
	cfg := &soakScenario{For: time.Hour, MaxSlope: 5}
	w := &soakWatch{}
	for i := range 60 {
		w.samples = append(w.samples, soakSample{after: time.Duration(i) * time.Minute, rss: 1e8, goroutines: 20 + float64(i), streams: float64(i)})
	}
	out := &outcome{}
	w.report(out, cfg)
	if len(out.failures) != 1 || !strings.HasPrefix(out.failures[0], "goroutines: +") {
		t.Errorf("failures %q", out.failures)
	}
}

func TestSoakCrowd_TellsLossFromAGap(t *testing.T) {
	c := &soakCrowd{}
	m := &soakMember{}
	for _, n := range []int64{1, 2, 2, 5} { // 2 is repeated, 3 and 4 are lost
		c.check(&m.own, &m.mayMiss, n)
	}
	m.mayMiss = true
	c.check(&m.own, &m.mayMiss, 9) // a gap event told of those before
	c.check(&m.own, &m.mayMiss, 11)
	if c.lost.Load() != 3 || c.duplicates.Load() != 1 {
		t.Errorf("%d lost, %d repeated", c.lost.Load(), c.duplicates.Load())
	}
}

func TestEngineProcess_FillsInPortAndDirectory(t *testing.T) {
	p, err := startEngine(t.Context(), "sleep 60")
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	got := p.fill([]string{"--engine=redis://127.0.0.1:{port}", "--data-dir={dir}", "--dev"})
	if strings.Contains(got[0]+got[1], "{") || !strings.HasSuffix(got[1], p.dir) || got[2] != "--dev" {
		t.Errorf("flags %q", got)
	}
}
