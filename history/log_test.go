package history_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

func TestLog_DeliversWhatIsAppended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(hub)
		l := open(t, newEngine(t, memory.Config{}), history.Config{}, h)
		before := time.Now()
		time.Sleep(time.Second)
		p := mustAppend(t, l, rec("data: a\n\n"), "")
		out := p.Wait(t.Context())
		epoch := l.Window().Epoch()
		if want := (history.Outcome{ID: epoch + "-1", Connections: 2, Users: 1}); out != want {
			t.Errorf("Wait = %+v, want %+v", out, want)
		}
		e := h.got[0]
		if string(e.Frame) != "id: "+epoch+"-1\ndata: a\n\n" || e.Seq != 1 {
			t.Errorf("entry %d with frame %q", e.Seq, e.Frame)
		}
		if r := e.Record; r.Origin != 7 || r.Nonce == 0 || r.Time.Sub(before) != time.Second {
			t.Errorf("record from %d, nonce %d, time %v", r.Origin, r.Nonce, r.Time)
		}
		wantReplay(t, l, 0, "data: a\n\n")
		if n := l.Waiting(); n != 0 {
			t.Errorf("%d receipts are left", n)
		}
	})
}

func TestLog_TransientRecordsHaveNoPositionAndNoReplay(t *testing.T) {
	h := new(hub)
	l := open(t, newEngine(t, memory.Config{}), history.Config{}, h)
	mustAppend(t, l, rec("a"), "").Wait(t.Context()) // now the tail is live
	r := rec("b")
	r.Transient = true
	out := mustAppend(t, l, r, "").Wait(t.Context())
	if want := (history.Outcome{Connections: 2, Users: 1}); out != want {
		t.Errorf("Wait = %+v, want %+v", out, want)
	}
	wantBodies(t, h, "ab")
	wantReplay(t, l, 0, "a")
}

func TestLog_ADuplicateReachesNobody(t *testing.T) {
	h := new(hub)
	l := open(t, newEngine(t, memory.Config{}), history.Config{}, h)
	first := mustAppend(t, l, rec("a"), "k").Wait(t.Context())
	again := mustAppend(t, l, rec("a"), "k").Wait(t.Context())
	if want := (history.Outcome{ID: first.ID, Duplicate: true}); again != want {
		t.Errorf("Wait = %+v, want %+v", again, want)
	}
	mustAppend(t, l, rec("b"), "").Wait(t.Context())
	wantBodies(t, h, "ab")
	if n := l.Waiting(); n != 0 {
		t.Errorf("%d receipts are left", n)
	}
}

func TestLog_EveryHubGetsEveryRecordAndCountsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t, memory.Config{})
		var a, b hub
		la := open(t, eng, history.Config{}, &a)
		lb, err := history.Open(t.Context(), eng, history.Config{}, 8, slog.New(slog.DiscardHandler), b.deliver)
		if err != nil {
			t.Fatal(err)
		}
		defer lb.Close()
		for _, l := range []*history.Log{la, lb, la} {
			if out := mustAppend(t, l, rec("x"), "").Wait(t.Context()); out.Connections != 2 {
				t.Errorf("Wait = %+v, want the connections of one hub", out)
			}
		}
		synctest.Wait()
		for i := range 3 {
			if string(a.got[i].Frame) != string(b.got[i].Frame) {
				t.Errorf("frames %q and %q", a.got[i].Frame, b.got[i].Frame)
			}
			if mine, other := a.got[i].Receipt != nil, b.got[i].Receipt != nil; mine == other || mine != (i != 1) {
				t.Errorf("entry %d has receipts here %v, there %v", i, mine, other)
			}
		}
	})
}

func TestLog_HandsEachBatchOverForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches [][]*history.Entry
		eng := newEngine(t, memory.Config{})
		l, err := history.Open(t.Context(), eng, history.Config{}, 7, slog.New(slog.DiscardHandler), func(entries []*history.Entry) {
			batches = append(batches, entries)
		})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range 10 {
			store(t, eng, "a", "b", "c")
			synctest.Wait()
		}
		seq := uint64(0)
		for _, entries := range batches {
			for _, e := range entries {
				if seq++; e.Seq != seq {
					t.Fatalf("entry %d in the place of %d: a slice was used again", e.Seq, seq)
				}
			}
		}
		if seq != 30 {
			t.Errorf("%d entries", seq)
		}
	})
}

func TestLog_ARecordMayReturnBeforeTheEngineAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, eng := new(hub), newFaulty(t)
		l := open(t, eng, history.Config{}, h)
		eng.become(func(f *faults) {
			f.append = func(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error) {
				got, err := eng.now().Append(ctx, rec, key)
				synctest.Wait() // it is delivered
				return got, err
			}
		})
		if out := mustAppend(t, l, rec("a"), "").Wait(t.Context()); out.Connections != 2 {
			t.Errorf("Wait = %+v", out)
		}
		if n := l.Waiting(); n != 0 {
			t.Errorf("%d receipts are left", n)
		}
	})
}

func TestLog_AppendReturnsTheEnginesError(t *testing.T) {
	h := new(hub)
	eng := newFaulty(t)
	l := open(t, eng, history.Config{}, h)
	eng.become(func(f *faults) {
		f.append = func(context.Context, *engine.Record, string) (engine.Appended, error) {
			return engine.Appended{}, engine.ErrUnavailable
		}
	})
	if p, err := l.Append(t.Context(), rec("a"), "k"); !errors.Is(err, engine.ErrUnavailable) || p != nil {
		t.Errorf("Append = %v, %v", p, err)
	}
	if n := l.Waiting(); n != 0 {
		t.Errorf("%d receipts are left", n)
	}
}

func TestLog_AppendAfterCloseIsRefused(t *testing.T) {
	l := open(t, newEngine(t, memory.Config{}), history.Config{}, new(hub))
	l.Close()
	l.Close()
	if _, err := l.Append(t.Context(), rec("a"), ""); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Append: %v, want ErrClosed", err)
	}
}

func TestLog_NothingIsDeliveredAfterClose(t *testing.T) {
	eng := newEngine(t, memory.Config{})
	var mu sync.Mutex
	closed := false
	l, err := history.Open(t.Context(), eng, history.Config{}, 7, slog.New(slog.DiscardHandler), func([]*history.Entry) {
		mu.Lock()
		defer mu.Unlock()
		if closed {
			t.Error("delivered after Close")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { store(t, eng, make([]string, 2000)...) })
	l.Close()
	mu.Lock()
	closed = true
	mu.Unlock()
	wg.Wait()
}

func TestLog_AppendMayMeetClose(t *testing.T) {
	for range 50 {
		eng := newEngine(t, memory.Config{})
		h := new(hub)
		l := open(t, eng, history.Config{}, h)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					p, err := l.Append(t.Context(), rec("a"), "")
					if err != nil {
						if !errors.Is(err, engine.ErrClosed) {
							t.Errorf("Append: %v", err)
						}
						return
					}
					p.Wait(t.Context()) // returns at once when the log is closed: the test would take long
				}
			})
		}
		l.Close()
		wg.Wait()
		if n := l.Waiting(); n != 0 {
			t.Fatalf("%d receipts are left", n)
		}
	}
}
