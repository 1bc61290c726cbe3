package main

import (
	"testing"
	"time"

	"example.org/hub/bench/swarm"
)

// openCrowd opens 10 streams of the floor in 3 workers, users from 5 on.
func openCrowd(t *testing.T) (*environment, *server, *crowd) {
	t.Helper()
	env := testEnvironment(t, targetFloor)
	s, err := env.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	c, err := s.crowdOf(env, 5, 10, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	res, err := s.open(env, c, 0, 10, false)
	if err != nil || res.Opened != 10 || res.Ready.Count() != 10 {
		t.Fatalf("%+v, %v", res, err)
	}
	return env, s, c
}

func TestCrowd_WorkersAreOneSwarm(t *testing.T) {
	env, s, c := openCrowd(t)
	if len(c.parts) != 3 || len(s.generators) != 3 || c.Live() != 10 {
		t.Fatalf("%d parts, %d processes, %d streams", len(c.parts), len(s.generators), c.Live())
	}
	b, err := newBroadcaster(s, env, c, 10, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	if _, err := b.rounds(8, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	st := c.Collect()
	if st.Delivered != 80 || c.Delivered() != 80 || st.Lost() != 0 || b.missing() != 0 {
		t.Errorf("delivered %d and %d of 80, lost %d, missing %d", st.Delivered, c.Delivered(), st.Lost(), b.missing())
	}
	// One clock: with another one latencies are negative, which counts as none, or hours.
	if st.Actual.Quantile(0.5) < 2*time.Microsecond || st.Actual.Max() > 10*time.Second {
		t.Errorf("latency %v to %v: the workers have another clock", st.Actual.Quantile(0.5), st.Actual.Max())
	}
	if err := c.Err(); err != nil {
		t.Error(err)
	}
}

func TestCrowd_NumbersReadersAcrossWorkers(t *testing.T) {
	env, s, c := openCrowd(t)
	pub, err := s.publisher(env, 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	const reader = 7 // of user 12, in the last worker
	if _, err := pub.Run(&swarm.Open{
		Schedule: swarm.Schedule{Start: swarm.Now(), Rate: 1000, Count: 1},
		Message: func(int) (swarm.Message, int) {
			return swarm.Message{Target: 5 + reader, Stamp: swarm.Stamp{Slot: 1, Seq: 3}}, 0
		},
	}, time.Second, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := waitFor(t.Context(), 10*time.Second, func() bool { return c.Delivered() == 1 }); err != nil {
		t.Fatal(err)
	}
	sent := func(number, slot int) uint32 {
		if number == reader && slot == 1 {
			return 5
		}
		return 0
	}
	if got := c.Missing(10, sent); got != 2 {
		t.Errorf("%d missing behind event 3 of 5, want 2", got)
	}
	if got := c.Missing(reader, sent); got != 0 {
		t.Errorf("%d missing among the readers before it", got)
	}
	if err := c.Cut(reader-1, 3); err != nil || c.Live() != 7 {
		t.Errorf("%d streams are left of 10 less 3, %v", c.Live(), err)
	}
}

func TestCrowd_ReportsAWorkerThatDies(t *testing.T) {
	env, s, c := openCrowd(t)
	c.parts[1].station.(*worker).child.stop()
	_ = c.Delivered()
	if c.Err() == nil {
		t.Error("no error")
	}
	if _, err := s.open(env, c, 0, 10, false); err == nil {
		t.Error("streams were opened in a dead worker")
	}
	_ = c.Close()
	c.err = nil
}
