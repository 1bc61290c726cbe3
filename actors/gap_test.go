package actors

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// narrow leaves room for one event of 50 bytes in the queue of a slow client, which
// is told of what it misses.
func narrow(c *Config) { c.MaxQueueBytes, c.SlowPolicy = 100, engine.SlowGap }

// wide is an event that fills a narrow queue.
var wide = strings.Repeat("x", 50)

// blocks returns what a sink got behind its first block, each as "name data".
func (s *sink) blocks(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, ev := range s.events(t)[1:] {
		all = append(all, ev.Name+" "+string(ev.Data))
	}
	return all
}

// The socket may be full at the end of a frame. Then everything that waits is
// dropped, and what is to be told is all that is left in the queue.
func TestGap_IsToldWhenNothingElseIsLeft(t *testing.T) {
	inBubble(t, narrow, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for range 3 {
			f.to(wide, engine.All)
			synctest.Wait()
		}
		s.allow(-1)
		synctest.Wait()
		want := []string{`gap {"from":"t1-1","to":"t1-3","reason":"slow"}`}
		if got := s.blocks(t); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if n := f.hub.metrics.sum(func(w *workerCounters) uint64 { return w.deferred.Load() }); n != 0 {
			t.Errorf("%d events count as late", n)
		}
		if !strings.HasSuffix(s.text(), "\n\nid: t1-3\n\n") {
			t.Errorf("the position does not follow the gap: %q", s.text())
		}
	})
}

// A slow client is told of what it missed in the epoch in which it missed it,
// and before it hears of the next one.
func TestGap_KeepsItsEpochAndPlaceOverAReset(t *testing.T) {
	inBubble(t, narrow, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for range 3 {
			f.to(wide, engine.All)
			synctest.Wait()
		}
		f.hub.Reset(history.Gap{From: "t1-3", To: "t2-0", Reason: history.GapEpoch})
		synctest.Wait()
		s.allow(-1)
		synctest.Wait()
		want := []string{
			`gap {"from":"t1-1","to":"t1-3","reason":"slow"}`,
			`gap {"from":"t1-3","to":"t2-0","reason":"epoch"}`,
		}
		if got := s.blocks(t); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestGap_AnotherFollowsTheFirst(t *testing.T) {
	inBubble(t, narrow, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for range 2 {
			for range 3 {
				f.to(wide, engine.All)
				synctest.Wait()
			}
			s.allow(4) // the gap event is cut, so it stays
			synctest.Wait()
		}
		s.allow(-1)
		synctest.Wait()
		want := []string{
			`gap {"from":"t1-1","to":"t1-3","reason":"slow"}`,
			`gap {"from":"t1-4","to":"t1-6","reason":"slow"}`,
		}
		if got := s.blocks(t); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
