package main

import "testing"

func TestParseMetrics_SumsUpLabels(t *testing.T) {
	got := parseMetrics([]byte(`# HELP go_goroutines x
# TYPE go_goroutines gauge
go_goroutines 42
hub_connections{proto="http"} 10
hub_connections{proto="https",path="a } b"} 5 1700000000
hub_ratio 1.5e3
broken
broken{
also{a="b"} x
`))
	for name, want := range map[string]float64{"go_goroutines": 42, "hub_connections": 15, "hub_ratio": 1500} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
	if len(got) != 3 {
		t.Errorf("got %v, want 3 metrics", got)
	}
}
