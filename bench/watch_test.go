package main

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWatch_EveryDeliveryIsInOneSample(t *testing.T) {
	env, s, c := openCrowd(t)
	b, err := newBroadcaster(s, env, c, 10, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	w := &watch{phase: "p", every: time.Millisecond, servers: []*server{s}, crowd: c}
	w.total = c.Collect()
	w.start(t.Context())
	defer w.finish(nil)
	if _, err := b.rounds(500, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	out := &outcome{}
	st := w.finish(out)
	var n uint64
	end := 0.0
	for _, p := range out.series[0].Samples {
		n += p.Deliveries
		if p.Seconds < end || p.RSSBytes == 0 || (p.Deliveries > 0) != (p.P50 > 0) {
			t.Errorf("sample %+v after %v s", p, end)
		}
		end = p.Seconds
	}
	if n != 5000 || st.Delivered != 5000 || st.Corrected.Count() != 5000 || st.Lost() != 0 {
		t.Errorf("%d deliveries in samples, %d in all of 5000, %d latencies, lost %d", n, st.Delivered, st.Corrected.Count(), st.Lost())
	}
	if len(out.series[0].Samples) < 2 {
		t.Error("one sample")
	}
}

func TestScenarios_LeaveASeriesOfEachPhase(t *testing.T) {
	f := func(s scenario, target string, phases ...string) {
		t.Helper()
		out, err := s.run(t.Context(), testEnvironment(t, target))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]string, 0, len(out.series))
		for _, s := range out.series {
			got = append(got, s.Phase)
			if last := s.Samples[len(s.Samples)-1]; s.Phase == "open" && (s.Samples[0].Streams != 0 || last.Streams != 200) {
				t.Errorf("%s: from %d to %d streams, want 0 to 200", target, s.Samples[0].Streams, last.Streams)
			}
		}
		if !slices.Equal(got, phases) {
			t.Errorf("%T: series %q, want %q", s, got, phases)
		}
	}
	f(&connectScenario{}, targetFloor, "open")
	f(&holdScenario{Idle: 10 * time.Millisecond}, targetPlain, "open")
	f(&fanoutScenario{Events: 4, Depth: []int{1, 2}, Rate: 100}, targetFloor, "depth1", "depth2", "rate")
	f(&unicastScenario{Publishers: 4, For: 100 * time.Millisecond, Rate: 200}, targetPlain, "max", "rate")
}

func TestSeriesPlots_AreXML(t *testing.T) {
	r := &report{Runs: []run{{Round: 1, Target: targetHub, Series: []series{
		{"open", []sample{{RSSBytes: 1e6}, {Seconds: 1, Streams: 7, RSSBytes: 2e6}}},
		{"short", []sample{{Seconds: 0.5, Deliveries: 1, P50: 1, P99: 1, P999: 1}}},
		{"long", []sample{{Seconds: 1, P50: 1, P99: 2, P999: 3}, {Seconds: 2, P50: 1, P99: 2, P999: 3}, {Seconds: 2.01, P50: 500, P99: 500, P999: 500}}},
		{"idle", []sample{{Seconds: 1}}},
	}}}}
	plots := r.seriesPlots([]string{targetHub})
	if len(plots) != 2 || !strings.HasPrefix(plots[0].Title, "RSS") || !strings.HasPrefix(plots[1].Title, "long") {
		t.Fatalf("plots %+v", plots)
	}
	for _, p := range plots {
		svg := string(p.SVG)
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%v in %s", err, svg)
		}
	}
	if strings.Contains(string(plots[1].SVG), "1000 ms") {
		t.Error("the rest of a phase is drawn")
	}
	if lines := strings.Count(string(r.seriesCSV()), "\n"); lines != 8 {
		t.Errorf("%d lines of CSV, want a heading and 7 samples", lines)
	}
}

func TestScale_EndsAtRoundNumbers(t *testing.T) {
	f := func(s scale, low, high float64, ticks int) {
		t.Helper()
		if s.low != low || s.high != high || len(s.ticks) != ticks {
			t.Errorf("%+v, want %v to %v with %d lines", s, low, high, ticks)
		}
	}
	f(linear(3, ""), 0, 3, 7)
	f(linear(15000, ""), 0, 16000, 9)
	f(linear(0, ""), 0, 1, 6)
	f(logarithmic(0.3, 0.4, ""), 0.1, 1, 4)
	f(logarithmic(0.3, 4000, ""), 0.1, 10000, 6)
}
