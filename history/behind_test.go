package history_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// lagging returns a log whose window ends at 3 and whose tail brings no more, and
// counts how often the engine is asked for its bounds, which answer says.
func lagging(t *testing.T, answer func(ask int32) (head uint64, err error)) (*history.Log, *atomic.Int32) {
	t.Helper()
	eng, asked := newFaulty(t), new(atomic.Int32)
	store(t, eng, "a", "b", "c")
	l := open(t, eng, history.Config{}, new(hub))
	eng.become(func(f *faults) {
		f.bounds = func(context.Context) (engine.Bounds, error) {
			time.Sleep(10 * time.Millisecond)
			head, err := answer(asked.Add(1))
			return engine.Bounds{Epoch: l.Window().Epoch(), First: 1, Head: head}, err
		}
	})
	synctest.Wait()
	return l, asked
}

// A hub that lags by more than a moment tells of no gap: nothing is lost.
func TestLog_PrepareSendsClientsOnThatAreAheadOfThisHub(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(ask int32) (uint64, error)
		behind bool
	}{
		"the engine has it":       {func(int32) (uint64, error) { return 5, nil }, true},
		"the engine does not say": {func(int32) (uint64, error) { return 0, engine.ErrUnavailable }, true},
		"a new leader at first knew less": {func(ask int32) (uint64, error) {
			return map[bool]uint64{true: 4, false: 5}[ask == 1], nil
		}, true},
		"the engine does not have it": {func(int32) (uint64, error) { return 4, nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, _ := lagging(t, tt.answer)
				q := query(l, 5)
				found, err := l.Prepare(t.Context(), q)
				if errors.Is(err, history.ErrBehind) != tt.behind || (err != nil) != tt.behind || found != nil {
					t.Fatalf("found %v, err %v", found, err)
				}
				if _, gap := l.Window().Replay(q); gap == nil || gap.Reason != history.GapEpoch {
					t.Errorf("gap %v: what is not there must not pass for whole", gap)
				}
			})
		})
	}
}

func TestLog_PrepareAsksNoEngineThatIsKnownToBeGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		l := open(t, eng, history.Config{}, new(hub))
		synctest.Wait()
		var asked atomic.Int32
		eng.become(func(f *faults) {
			f.tail = func(context.Context, uint64, func([]engine.Stored) error) error { return errBroken }
			f.bounds = func(ctx context.Context) (engine.Bounds, error) {
				asked.Add(1)
				<-ctx.Done()
				return engine.Bounds{}, ctx.Err()
			}
		})
		eng.now().cut()
		time.Sleep(time.Second) // the tail asks when it begins anew
		before := asked.Load()
		began := time.Now()
		if _, err := l.Prepare(t.Context(), query(l, 1)); !errors.Is(err, history.ErrBehind) {
			t.Errorf("err %v", err)
		}
		if took := time.Since(began); took != 2*time.Second || asked.Load() != before {
			t.Errorf("it took %v and asked %d times", took, asked.Load()-before)
		}
	})
}

func TestLog_PrepareAsksOnceForAllThatAreAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, asked := lagging(t, func(int32) (uint64, error) { return 5, nil })
		refused := make(chan error)
		for range 100 {
			go func() {
				_, err := l.Prepare(t.Context(), query(l, 5))
				refused <- err
			}()
		}
		for range 100 {
			if err := <-refused; !errors.Is(err, history.ErrBehind) {
				t.Fatalf("err %v", err)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("the engine was asked %d times", n)
		}
	})
}

func TestLog_PrepareEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := lagging(t, func(int32) (uint64, error) { return 5, nil })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.Prepare(ctx, query(l, 5)); !errors.Is(err, history.ErrBehind) {
			t.Errorf("err %v", err)
		}
		if ctx.Err() == nil {
			t.Error("it did not wait")
		}
	})
}

// A position of an epoch that the engine has left is a gap, whatever its numbers are.
func TestLog_PrepareComparesNoPositionsOfTwoEpochs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		l := open(t, eng, history.Config{}, new(hub))
		synctest.Wait()
		eng.become(func(f *faults) {
			f.bounds = func(context.Context) (engine.Bounds, error) {
				return engine.Bounds{Epoch: "other", First: 1, Head: 9}, nil
			}
		})
		if _, err := l.Prepare(t.Context(), query(l, 5)); err != nil {
			t.Errorf("err %v", err)
		}
	})
}
