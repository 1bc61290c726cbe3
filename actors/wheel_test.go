package actors

import (
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func TestWheel_VisitsNeitherLateNorTwice(t *testing.T) {
	now := time.Now()
	l := newWheel(now)
	for _, in := range []time.Duration{-time.Hour, 0, tickEvery, 5*time.Second + 1, 30 * time.Second, 50 * time.Second} {
		c, visits, at := &connection{}, 0, time.Duration(0)
		l.add(c, in)
		for passed := time.Duration(0); passed <= time.Minute; passed += tickEvery {
			now = now.Add(tickEvery)
			l.advance(now, func(*connection) { visits, at = visits+1, passed+tickEvery })
		}
		if visits != 1 || at > max(in, tickEvery) || at < in-tickEvery {
			t.Errorf("in %v: %d visits, the last at %v", in, visits, at)
		}
	}
}

// A registry that was held up looks at each connection once when it goes on.
func TestWheel_CatchesUpWithoutRepeating(t *testing.T) {
	now := time.Now()
	l := newWheel(now)
	visits := 0
	l.add(&connection{}, time.Second)
	l.advance(now.Add(5*time.Minute), func(c *connection) {
		visits++
		l.add(c, 10*time.Second)
	})
	if visits != 1 {
		t.Errorf("%d visits", visits)
	}
}

// The wall clock may be set back by an hour: times that were noted before then
// lie in the future.
func TestPulse_GoesOnWhenTheClockWasSetBack(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		quiet, stuck := f.attach("quiet"), f.attach("stuck")
		stuck.allow(0)
		f.to("x", engine.User("stuck"))
		synctest.Wait()
		ahead := time.Now().Add(time.Hour).UnixMilli()
		quiet.owner.(*connection).lastWrite.Store(ahead)
		stuck.owner.(*connection).stalled.Store(ahead)
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if pings(t, quiet) == 0 {
			t.Error("no heartbeats")
		}
		if !stuck.isClosed() {
			t.Error("a stuck stream is still there")
		}
	})
}
