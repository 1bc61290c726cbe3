package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/hub/bench/swarm"
)

func TestReport_SavesAFileOfEachForm(t *testing.T) {
	l := swarm.NewLatency()
	for i := range 1000 {
		l.Record(int64(i+1) * int64(time.Microsecond) * 10)
	}
	out := &outcome{}
	addLatency(out, "depth1.latency", l)
	r := newReport("fanout", &options{}, nil)
	r.Command = []string{"bench", "<fanout>"}
	r.take(1, targetFloor, out)
	out.fail("a <reason>")
	r.take(1, targetHub, out)
	r.Summary = summarise(r.Runs)
	dir := t.TempDir()
	if err := r.save(dir); err != nil {
		t.Fatal(err)
	}
	f := func(ending string, wants ...string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Clean(r.base(dir) + ending))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s lacks %q:\n%.2000s", ending, want, text)
			}
		}
	}
	f(".json", `"schema": "hub-bench/1"`)
	f(".md", "| figure | unit | floor | hub |", "| depth1.latency_p50 | ms | 5 | 5 |", "**Failed**")
	f(".csv", "fanout,1,hub,depth1.latency_max,ms,")
	f(".html", "<polyline", "99.99 %", "&lt;fanout&gt;", "a &lt;reason&gt;")
	f("-hub-depth1.latency-1.hgrm", "1/(1-Percentile)", "#[Max")
}

func TestLatencySVG_IsXMLAndStaysInside(t *testing.T) {
	l := swarm.NewLatency()
	l.Record(int64(3 * time.Millisecond)) // one value: the axis must not be empty
	svg := string(latencySVG([]distribution{{target: "a<b", latency: l}}, []string{"a<b"}))
	if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
		t.Errorf("%v in %s", err, svg)
	}
	if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Error(svg)
	}
}
