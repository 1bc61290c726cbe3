package cluster

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func TestMember_KeepsItsLeaseUntilItLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		m := join(t, eng, "a")
		time.Sleep(time.Hour)
		leases, err := eng.Leases(t.Context())
		if err != nil || len(leases) != 1 {
			t.Fatalf("leases %v, %v", leases, err)
		}
		l := leases[0]
		if l.Hub != "a" || l.Boot != "boot-of-a" || l.Version != "v" || l.State != Serving || time.Since(l.Since) != time.Hour ||
			l.Connections != 3 || l.Users != 2 || l.Head != 1 {
			t.Errorf("lease %+v", l)
		}
		leave(t, m)
		if got := hubs(t, eng); len(got) != 0 {
			t.Errorf("leases of %v are left", got)
		}
	})
}

func TestMember_AHubThatIsCutOffKnowsThatItsLeaseIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		c := &cuttable{Cluster: eng}
		m := join(t, c, "a")
		if err := m.Alive(); err != nil {
			t.Errorf("Alive: %v", err)
		}
		c.cut.Store(true)
		time.Sleep(engine.LeaseTTL - nearly)
		if err := m.Alive(); err != nil || len(hubs(t, eng)) != 1 {
			t.Errorf("Alive before the TTL: %v, leases of %v", err, hubs(t, eng))
		}
		time.Sleep(2 * nearly)
		if err := m.Alive(); !errors.Is(err, ErrNoLease) || len(hubs(t, eng)) != 0 {
			t.Errorf("Alive after the TTL: %v, leases of %v", err, hubs(t, eng))
		}
		if m.Failures() == 0 {
			t.Error("no failure was counted")
		}
		c.cut.Store(false)
		time.Sleep(engine.LeaseEvery)
		synctest.Wait()
		if err := m.Alive(); err != nil || len(hubs(t, eng)) != 1 {
			t.Errorf("Alive again: %v, leases of %v", err, hubs(t, eng))
		}
		leave(t, m)
	})
}

func TestMember_JoinFailsWithTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cuttable{Cluster: newEngine(t)}
		c.cut.Store(true)
		m := newMember(c, "a")
		answer := func(Question) []byte { return nil }
		if err := m.Join(t.Context(), answer); !errors.Is(err, errCut) {
			t.Errorf("Join: %v", err)
		}
		if err := m.Alive(); !errors.Is(err, ErrNoLease) {
			t.Errorf("Alive: %v", err)
		}
		c.cut.Store(false)
		if err := m.Join(t.Context(), answer); err != nil {
			t.Errorf("Join again: %v", err)
		}
		leave(t, m)
	})
}

func TestMember_DrainIsKnownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		a, b := join(t, eng, "a"), join(t, eng, "b")
		if err := b.Drain(t.Context()); err != nil {
			t.Fatalf("Drain: %v", err)
		}
		if r := wantReplies(t, a, []string{`"b stats"`}, nil); r[0].Lease.State != Draining {
			t.Errorf("lease %+v", r[0].Lease)
		}
		time.Sleep(time.Minute)
		if r := wantReplies(t, a, []string{`"b stats"`}, nil); r[0].Lease.State != Draining {
			t.Errorf("after renewals: %+v", r[0].Lease)
		}
		leave(t, a, b)
	})
}

func TestMember_AHubThatWasCutOffLearnsOfADrainOnItsReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		c := &cuttable{Cluster: eng}
		a, b := join(t, c, "a"), join(t, eng, "b")
		state := func() string { return a.others.list()[0].State }
		c.cut.Store(true)
		if err := b.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(engine.LeaseEvery)
		synctest.Wait()
		if got := state(); got != Serving {
			t.Errorf("cut off: %s", got)
		}
		c.cut.Store(false)
		time.Sleep(engine.LeaseEvery)
		synctest.Wait()
		if got := state(); got != Draining {
			t.Errorf("returned: %s", got)
		}
		leave(t, b)
		leave(t, a)
	})
}

func TestMember_TheFirstByNameIsLowest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		b := join(t, eng, "b")
		if !b.Lowest() || b.Size() != 1 {
			t.Errorf("alone: lowest %v of %d", b.Lowest(), b.Size())
		}
		a := join(t, eng, "a")
		if b.Lowest() || !a.Lowest() || a.Size() != 2 || b.Size() != 2 {
			t.Errorf("b %v of %d, a %v of %d", b.Lowest(), b.Size(), a.Lowest(), a.Size())
		}
		leave(t, a)
		time.Sleep(engine.LeaseEvery)
		synctest.Wait()
		if !b.Lowest() || b.Size() != 1 {
			t.Errorf("alone again: lowest %v of %d", b.Lowest(), b.Size())
		}
		leave(t, b)
	})
}

func TestOthers_StayInOrder(t *testing.T) {
	o := newOthers("m")
	o.set([]engine.Lease{{Hub: "a"}, {Hub: "m"}, {Hub: "z"}})
	before := o.list()
	for _, name := range []string{"q", "a", "m", "", "b"} {
		o.put(engine.Lease{Hub: name, State: Draining})
	}
	var names []string
	for _, l := range o.list() {
		names = append(names, l.Hub+l.State)
	}
	if want := []string{"adraining", "bdraining", "qdraining", "z"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if len(before) != 2 || before[0].State != "" {
		t.Errorf("a list that was handed out became %v", before)
	}
}
