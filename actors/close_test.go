package actors

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.org/hub/engine"
)

func TestClose_RefusesStreamsThatComeLater(t *testing.T) {
	f := newFixture(t)
	f.stop()
	s := newSink()
	f.attachTo(s, "alice")
	if !s.isClosed() || s.refused != RefusedDraining {
		t.Errorf("closed %v, refused with %q", s.isClosed(), s.refused)
	}
}

// Whoever comes while the hub closes is refused or ended, but never forgotten.
// Fails when what is left in a stopped actor's mailbox is dropped.
func TestClose_LeavesNoStreamBehind(t *testing.T) {
	for range 20 {
		f := newFixture(t)
		var wg sync.WaitGroup
		sinks := make([]*sink, 400)
		for i := range sinks {
			sinks[i] = newSink()
		}
		for g := range 4 {
			wg.Go(func() {
				for i := g; i < len(sinks); i += 4 {
					f.attachTo(sinks[i], strconv.Itoa(i%5))
				}
			})
		}
		f.stop()
		wg.Wait()
		for i, s := range sinks {
			if !s.isClosed() {
				t.Fatalf("stream %d is left open", i)
			}
		}
	}
}

func TestClose_AnswersWhoeverStillAsks(t *testing.T) {
	f := newFixture(t)
	f.stop()
	f.stop() // again
	if err := f.hub.Ping(context.Background()); err == nil {
		t.Error("a closed hub is alive")
	}
	if _, err := f.hub.Users(context.Background(), "", 10); err == nil {
		t.Error("a closed hub knows its users")
	}
	if err := f.hub.Drain(context.Background(), time.Hour); err != nil {
		t.Errorf("drain: %v", err)
	}
	if c, u := f.to("late", engine.All); c != 0 || u != 0 {
		t.Errorf("reached %d of %d", c, u)
	}
}
