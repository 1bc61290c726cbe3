package history_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

func TestLog_ResumesWhereTheTailBroke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		eng.tail = func(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
			return eng.Engine.Tail(ctx, after, func(batch []engine.Stored) error {
				if err := deliver(batch[:1]); err != nil {
					return err
				}
				return errBroken // after each record
			})
		}
		h := new(hub)
		l := open(t, eng, history.Config{}, h)
		store(t, eng, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
		time.Sleep(10 * 200 * time.Millisecond) // the longest first pause after each: they do not grow, since it gets on
		wantBodies(t, h, "abcdefghij")
		wantReplay(t, l, 0, "abcdefghij")
		if n := l.TailErrors(); n != 10 || l.Resets() != 0 {
			t.Errorf("%d errors, %d resets, want 10 and 0", n, l.Resets())
		}
	})
}

func TestLog_PausesBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		var tries []time.Time
		eng.tail = func(context.Context, uint64, func([]engine.Stored) error) error {
			tries = append(tries, time.Now())
			return errBroken
		}
		h := new(hub)
		l := open(t, eng, history.Config{}, h)
		time.Sleep(10 * time.Minute)
		if l.Up() {
			t.Error("the engine is said to be up")
		}
		l.Close()
		longest := time.Duration(0)
		for i, at := range tries[1:] {
			pause := at.Sub(tries[i])
			longest = max(longest, pause)
			if pause < 100*time.Millisecond || pause > 5*time.Second || (i == 0 && pause > 200*time.Millisecond) {
				t.Errorf("pause %d took %v", i, pause)
			}
		}
		if len(tries) < 120 || longest < 3*time.Second {
			t.Errorf("%d attempts in 10 minutes, the longest pause %v", len(tries), longest)
		}
		if n := l.TailErrors(); n != uint64(len(tries)) {
			t.Errorf("%d errors of %d are counted", n, len(tries))
		}
	})
}

func TestLog_UpSaysWhetherTheEngineIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		l := open(t, eng, history.Config{}, new(hub))
		synctest.Wait()
		if !l.Up() {
			t.Error("not up after Open")
		}
		eng.become(func(f *faults) {
			f.bounds = func(context.Context) (engine.Bounds, error) { return engine.Bounds{}, engine.ErrUnavailable }
		})
		eng.now().cut()
		synctest.Wait()
		if l.Up() {
			t.Error("up with a broken tail")
		}
		time.Sleep(time.Minute)
		if l.Up() {
			t.Error("up with an engine that does not answer")
		}
		l.Close()
	})
}

func TestLog_TellsOfAGapWhenRetentionOvertakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t, memory.Config{MaxRecords: 3})
		h, gate := new(hub), make(chan struct{})
		l, err := history.Open(t.Context(), eng, history.Config{OnReset: h.reset}, 7, slog.New(slog.DiscardHandler), func(entries []*history.Entry) {
			h.deliver(entries)
			<-gate
		})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		store(t, eng, "a")
		synctest.Wait()
		store(t, eng, "b", "c", "d", "e", "f", "g") // e, f and g are retained
		lost := mustAppend(t, l, rec("h"), "")      // and now f, g and h
		close(gate)
		synctest.Wait()
		wantBodies(t, h, "afgh")
		epoch := l.Window().Epoch()
		want := history.Gap{From: epoch + "-2", To: epoch + "-5", Reason: history.GapExpired}
		wantGaps(t, h, want)
		if l.Resets() != 1 || !l.Up() {
			t.Errorf("%d resets, up %v", l.Resets(), l.Up())
		}
		wantReplay(t, l, 5, "fgh")
		if out := lost.Wait(t.Context()); out.ID != epoch+"-8" {
			t.Errorf("Wait = %+v", out)
		}
	})
}

// A stream that was created anew: its numbers mean other records.
func TestLog_TellsOfAGapWhenTheLogIsAnotherOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		h := new(hub)
		store(t, eng, "a", "b", "c")
		l := open(t, eng, history.Config{}, h)
		mustAppend(t, l, rec("d"), "").Wait(t.Context())
		before := l.Window().Position()

		eng.become(func(f *faults) { f.Engine = newEngine(t, memory.Config{}) })
		store(t, eng, "x", "y")
		eng.now().cut()
		time.Sleep(time.Second)
		now := l.Window().Position()
		if now.Epoch == before.Epoch || now.Seq != 2 {
			t.Fatalf("position %v after %v", now, before)
		}
		want := history.Gap{From: before.String(), To: now.String(), Reason: history.GapEpoch}
		wantGaps(t, h, want)
		wantReplay(t, l, 0, "xy")
		mustAppend(t, l, rec("z"), "").Wait(t.Context())
		wantBodies(t, h, "dz")
	})
}

// An engine that fell back to an older copy of itself.
func TestLog_TellsOfAGapWhenTheEngineLostRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng, h := newFaulty(t), new(hub)
		l := open(t, eng, history.Config{}, h)
		store(t, eng, "a", "b", "c")
		synctest.Wait()
		epoch := l.Window().Epoch()
		eng.become(func(f *faults) {
			f.bounds = func(context.Context) (engine.Bounds, error) {
				return engine.Bounds{Epoch: epoch, First: 1, Head: 1}, nil
			}
			f.tail = func(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
				if after != 0 {
					t.Errorf("tail after %d, want the retained record", after)
				}
				_ = deliver([]engine.Stored{{Seq: 1, Record: rec("a")}, {Seq: 2, Record: rec("x")}})
				<-ctx.Done()
				return ctx.Err()
			}
		})
		eng.now().cut()
		time.Sleep(time.Second)
		want := history.Gap{From: epoch + "-3", To: epoch + "-1", Reason: history.GapEpoch}
		wantGaps(t, h, want)
		wantBodies(t, h, "abcx")
		wantReplay(t, l, 0, "ax")
		l.Close()
	})
}

func TestLog_ReleasesPublishersWhoseRecordsAreLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		l := open(t, eng, history.Config{}, new(hub))
		synctest.Wait()
		eng.now().cut()
		synctest.Wait() // the tail pauses
		lost := mustAppend(t, l, rec("a"), "")
		if n := l.Waiting(); n != 1 {
			t.Errorf("%d publishers wait", n)
		}
		eng.become(func(f *faults) { f.Engine = newEngine(t, memory.Config{}) })
		start := time.Now()
		if out := lost.Wait(t.Context()); out.Connections != 0 || out.ID == "" {
			t.Errorf("Wait = %+v", out)
		}
		if took := time.Since(start); took >= time.Second {
			t.Errorf("waited %v for a record that cannot come", took)
		}
		if n := l.Waiting(); n != 0 {
			t.Errorf("%d publishers wait", n)
		}
	})
}

func TestLog_EndsWithTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t, memory.Config{})
		l := open(t, eng, history.Config{}, new(hub))
		mustAppend(t, l, rec("a"), "").Wait(t.Context())
		_ = eng.Close()
		synctest.Wait()
		if l.Up() || l.TailErrors() != 0 {
			t.Errorf("up %v, %d errors", l.Up(), l.TailErrors())
		}
		if _, err := l.Append(t.Context(), rec("b"), ""); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Append: %v, want ErrClosed", err)
		}
		wantReplay(t, l, 0, "a") // replay needs no engine
	})
}
