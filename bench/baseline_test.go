package main

import (
	"strings"
	"testing"
	"time"
)

// These tests run the scenarios for real, small, against both baselines as child
// processes. They look at what arrived, never at how fast.

func testEnvironment(t *testing.T, target string) *environment {
	t.Helper()
	opts := &options{
		Runs: 1, Conns: 200, Size: 200, Concurrency: 32, Workers: 2, Sources: 4,
		Settle: 20 * time.Millisecond, Timeout: 30 * time.Second,
	}
	u, err := newUsers(opts)
	if err != nil {
		t.Fatal(err)
	}
	return &environment{options: opts, target: target, round: 1, users: u}
}

// runBoth runs a scenario on both baselines and returns the figures by target and name.
func runBoth(t *testing.T, s scenario) map[string]map[string]float64 {
	t.Helper()
	all := map[string]map[string]float64{}
	for _, target := range []string{targetFloor, targetPlain} {
		out, err := s.run(t.Context(), testEnvironment(t, target))
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if len(out.failures) > 0 {
			t.Errorf("%s: failures: %q", target, out.failures)
		}
		all[target] = map[string]float64{}
		for _, f := range out.figures {
			all[target][f.Name] = f.Value
		}
	}
	return all
}

// positive fails for figures that are missing or zero.
func positive(t *testing.T, f map[string]float64, names ...string) {
	t.Helper()
	for _, name := range names {
		if f[name] <= 0 {
			t.Errorf("%s = %v, want more than 0", name, f[name])
		}
	}
}

func TestConnect_OnTheBaselines(t *testing.T) {
	for _, f := range runBoth(t, &connectScenario{}) {
		positive(t, f, "cpu_us_per_connection", "connections_per_s", "first_byte_p50", "first_event_max")
	}
}

func TestHold_OnTheBaselines(t *testing.T) {
	all := runBoth(t, &holdScenario{Idle: 50 * time.Millisecond})
	positive(t, all[targetFloor], "rss_before", "rss_after", "threads")
	positive(t, all[targetPlain], "rss_before", "rss_after", "threads", "heap_per_connection_after_gc", "goroutines")
}

func TestFanout_OnTheBaselines(t *testing.T) {
	for target, f := range runBoth(t, &fanoutScenario{Events: 12, Depth: []int{1, 8}, Rate: 100}) {
		positive(t, f, "depth1.cpu_us_per_delivery", "depth8.cpu_us_per_delivery", "rate.latency_p99", "rate.uncorrected_p50")
		if got := f["depth1.events_per_read"]; got > 1 {
			t.Errorf("%s: one event under way: %v events a read, want at most 1", target, got)
		}
	}
}

func TestUnicast_OnTheBaselines(t *testing.T) {
	for target, f := range runBoth(t, &unicastScenario{Publishers: 16, For: 200 * time.Millisecond, Rate: 500}) {
		positive(t, f, "max.delivered_per_s", "max.cpu_us_per_message", "rate.latency_p99")
		if f["rate.messages_per_s"] != 500 || f["rate.dropped"] != 0 {
			t.Errorf("%s: rate %v, dropped %v", target, f["rate.messages_per_s"], f["rate.dropped"])
		}
	}
}

func TestTopics_OnTheBaselines(t *testing.T) {
	s := &topicsScenario{Subscribers: 2, unicastScenario: unicastScenario{Publishers: 4, For: 200 * time.Millisecond, Rate: 300}}
	for target, f := range runBoth(t, s) {
		positive(t, f, "max.cpu_us_per_delivery", "rate.latency_p99")
		if got := f["max.delivered_per_s"] / f["max.messages_taken_per_s"]; got < 1.99 || got > 2.01 {
			t.Errorf("%s: %v deliveries of a message, want 2", target, got)
		}
	}
}

func TestChurn_OnTheBaselines(t *testing.T) {
	for target, f := range runBoth(t, &churnScenario{Rate: 400, Pool: 50, Broadcast: 20, For: 300 * time.Millisecond}) {
		positive(t, f, "calm.latency_p99", "churn.latency_p99", "first_event_p50")
		if f["opened"] < 20 {
			t.Errorf("%s: %v streams came", target, f["opened"])
		}
	}
}

func TestResume_FailsATargetThatReplaysNothing(t *testing.T) {
	env := testEnvironment(t, targetPlain)
	env.Timeout = time.Second
	out, err := (&resumeScenario{Missed: 2, Own: 1}).run(t.Context(), env)
	if err != nil || len(out.failures) != 1 || !strings.Contains(out.failures[0], "0 of 600 events arrived") {
		t.Errorf("%v, %+v, want 600 lost events", err, out)
	}
}

func TestSlow_OnTheBaselines(t *testing.T) {
	for _, f := range runBoth(t, &slowScenario{Stuck: 20, Rate: 50, For: 200 * time.Millisecond, Clog: 64 << 10, ClogEvent: 4096}) {
		positive(t, f, "healthy.latency_p99", "stuck.latency_p99", "stuck.kernel_socket_memory")
	}
}

func TestServe_RefusesAnUnknownBaseline(t *testing.T) {
	if _, err := startBaseline("nginx"); err == nil {
		t.Error("no error")
	}
}
