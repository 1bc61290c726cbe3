package main

import (
	"testing"
	"time"

	"example.org/hub/internal/hubtest"
)

// These tests run what only a hub can do, small, against the hub itself.

// onHub runs a scenario on a hub and returns its figures.
func onHub(t *testing.T, s scenario, conns int) map[string]float64 {
	t.Helper()
	return onHubWith(t, s, conns, func(*options) {})
}

// onHubWith is onHub with other options.
func onHubWith(t *testing.T, s scenario, conns int, change func(*options)) map[string]float64 {
	t.Helper()
	env := testEnvironment(t, targetHub)
	env.StartHub, env.Conns = hubtest.Binary(t), conns
	change(env.options)
	out, err := s.run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.failures) > 0 {
		t.Errorf("failures: %q", out.failures)
	}
	figures := map[string]float64{}
	for _, f := range out.figures {
		figures[f.Name] = f.Value
	}
	return figures
}

func TestResume_OnTheHub(t *testing.T) {
	f := onHub(t, &resumeScenario{Missed: 5, Own: 2, AtOnce: 50}, 200)
	positive(t, f, "streams_back", "all_replayed", "cpu_us_per_resume", "first_event_p50")
}

func TestChurn_OnTheHub(t *testing.T) {
	f := onHub(t, &churnScenario{Rate: 200, Pool: 50, Broadcast: 20, For: 500 * time.Millisecond}, 200)
	positive(t, f, "opened", "churn.goroutines")
	if f["files_left"] > 1 || f["streams_left"] > 0 {
		t.Errorf("%v descriptors and %v streams are left", f["files_left"], f["streams_left"])
	}
}

func TestTopics_OnTheHub(t *testing.T) {
	s := &topicsScenario{Subscribers: 10, unicastScenario: unicastScenario{Publishers: 4, For: 200 * time.Millisecond, Rate: 100}}
	positive(t, onHub(t, s, 200), "max.cpu_us_per_delivery", "rate.latency_p50")
}

func TestCluster_OnTwoHubs(t *testing.T) {
	f := onHub(t, &clusterScenario{Hubs: 2, Broadcast: 20, Unicast: 100, For: 500 * time.Millisecond}, 60)
	positive(t, f, "hub1.broadcast.cpu_us_per_delivery", "hub2.broadcast.cpu_us_per_delivery", "unicast.latency_p99")
	if f["streams"] != 120 {
		t.Errorf("%v streams on two hubs of 60", f["streams"])
	}
}

func TestSoak_OnTheHub(t *testing.T) {
	f := onHub(t, &soakScenario{
		Readers: 50, Stuck: 5, For: 4 * time.Second, Rate: 100, Broadcast: 10, Churn: 10, Sample: 200 * time.Millisecond, MaxSlope: 5,
	}, 55)
	positive(t, f, "messages", "deliveries", "rss_mean")
}

// Slow readers get less than is sent: the hub tells each of them by a gap what its
// window has dropped, or ends its stream, and nothing counts as lost.
func TestSoak_SlowReadersAreToldWhatTheyMiss(t *testing.T) {
	f := slowSoak(t, "--window-events=100")
	positive(t, f, "messages", "deliveries", "slow_deliveries", "slow_gaps")
	if f["gaps"] > 0 || f["slow_deliveries"] >= f["deliveries"]/2 {
		t.Errorf("%v gaps of readers that keep up; %v deliveries to slow ones, %v to the others", f["gaps"], f["slow_deliveries"], f["deliveries"])
	}
}

func TestSoak_SlowReadersGetLateWhatTheWindowHas(t *testing.T) {
	f := slowSoak(t)
	positive(t, f, "messages", "deliveries", "slow_deliveries")
	if f["gaps"]+f["slow_gaps"] > 0 || f["slow_deliveries"] >= f["deliveries"]/2 {
		t.Errorf("%v and %v gaps; %v deliveries to slow ones, %v to the others", f["gaps"], f["slow_gaps"], f["slow_deliveries"], f["deliveries"])
	}
}

func slowSoak(t *testing.T, flags ...string) map[string]float64 {
	t.Helper()
	return onHubWith(t, &soakScenario{
		Readers: 10, Slow: 10, SlowRate: 16 << 10, For: 6 * time.Second, Rate: 200, Broadcast: 1, Sample: 200 * time.Millisecond, MaxSlope: 1000,
	}, 20, func(o *options) { o.Size, o.HubFlag = 2000, append(flags, "--max-queue-bytes=16KiB") })
}
