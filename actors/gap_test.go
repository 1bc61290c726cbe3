package actors

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/sse"
)

// narrow leaves room for one event of 50 bytes in the queue of a slow client.
func narrow(c *Config) { c.MaxQueueBytes = 100 }

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
		s := f.stuck("alice")
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
		s := f.stuck("alice")
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
		s := f.stuck("alice")
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

// Figures are not events of the log and count against no limit, so they must
// not wait for a client that reads slowly.
func TestDashboard_FiguresDoNotPileUp(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		s := f.attach("admin", func(a *Attach) { a.Dashboard = true })
		s.allow(10)
		const figures = "event: dashboardUpdate\ndata: 1\n\n"
		for range 300 {
			f.hub.UpdateDashboard([]byte(figures))
			time.Sleep(time.Second)
			s.allow(1) // enough to stay
		}
		s.allow(-1)
		synctest.Wait()
		n := 0
		for _, ev := range s.events(t) {
			if ev.Name == sse.EventDashboardUpdate {
				n++
			}
		}
		if most := 310/len(figures) + 2; n == 0 || n > most {
			t.Errorf("a client that read 310 bytes was sent %d figures, want at most %d", n, most)
		}
	})
}

func TestWorker_HoldsNoFramesBetweenRuns(t *testing.T) {
	w := &worker{}
	for range 2 * keepBatch {
		w.batch = append(w.batch, queued{frame: []byte("x")})
	}
	w.forget()
	if cap(w.batch) > keepBatch {
		t.Errorf("room for %d frames is kept", cap(w.batch))
	}
	w.batch = append(make([]queued, 0, 8), queued{frame: []byte("x")})
	w.forget()
	if kept := w.batch[:1]; kept[0].frame != nil {
		t.Error("a frame is kept")
	}
}

func TestOutqueue_HoldsNoFramesThatAreGone(t *testing.T) {
	live := func(key string) queued {
		rec := &engine.Record{Key: key}
		return queued{frame: []byte("data: x\n\n"), entry: &history.Entry{Record: rec}, live: true}
	}
	o := newOutqueue([]queued{live(""), live("k")}, 3)
	all := o.frames[:2]
	if o.push(live("k"), engine.SlowConflate, 1000) != conflated || len(o.frames) != 2 {
		t.Fatalf("%d frames, want 2", len(o.frames))
	}
	if o.live != 18 {
		t.Errorf("%d bytes are counted, want 18", o.live)
	}
	clear(o.advance(6))
	if all[0].frame != nil || o.live != 9 || o.offset != 0 {
		t.Errorf("after the first frame: pinned %v, %d bytes, offset %d", all[0].frame != nil, o.live, o.offset)
	}
}

func TestMetrics_LatencyIsNeverNegative(t *testing.T) {
	var w workerCounters
	w.delivered(-time.Hour)
	if w.latencySum.Load() != 0 || w.latency[0].Load() != 1 {
		t.Errorf("an event from a clock that is ahead took %v", time.Duration(w.latencySum.Load()))
	}
}

// A transient event may get lost, and one that replaced a retained one would
// take it along without a word.
func TestOutqueue_ATransientEventReplacesNoRetainedOne(t *testing.T) {
	event := func(seq uint64) queued {
		return queued{frame: []byte("x"), entry: &history.Entry{Seq: seq, Record: &engine.Record{Key: "k"}}, live: true}
	}
	for _, tt := range []struct {
		older, newer uint64
		want         outcome
	}{{1, 2, conflated}, {0, 2, conflated}, {0, 0, conflated}, {1, 0, accepted}} {
		o := newOutqueue([]queued{event(tt.older)}, 0)
		if got := o.push(event(tt.newer), engine.SlowConflate, 100); got != tt.want {
			t.Errorf("%d behind %d: %d, want %d", tt.newer, tt.older, got, tt.want)
		}
	}
}
