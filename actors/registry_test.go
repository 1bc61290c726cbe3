package actors

import (
	"strconv"
	"sync"
	"testing"
)

// An attach may be on its way to a user that reports itself idle. The registry
// compares how many connections it has given the user; without that comparison
// (registry.passivate) streams of this test are never opened.
func TestRegistry_ChurnNeverLosesAnAttach(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	var wg sync.WaitGroup
	for i := range 8 {
		user := "u" + strconv.Itoa(i%2)
		wg.Go(func() {
			for range 400 {
				s := newSink()
				f.attachTo(s, user)
				s.waitFor(t, "event: connected")
				s.owner.Hangup(ReasonClient)
				s.waitClosed(t)
			}
		})
	}
	wg.Wait()
	f.waitConnections(0)
	f.waitUsers(0)
	if n := f.hub.metrics.deadLetters.Get(); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

func (f *fixture) waitUsers(n int) {
	f.t.Helper()
	for range 10_000 {
		f.ping()
		if f.hub.Stats().Users == int64(n) {
			return
		}
	}
	f.t.Fatalf("%d users, want %d", f.hub.Stats().Users, n)
}
