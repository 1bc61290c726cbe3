package history

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func parsed(id string) engine.Position {
	pos, _ := engine.ParsePosition(id)
	return pos
}

// waitFor waits for a position on a goroutine and says when it is over.
func waitFor(ctx context.Context, w *Window, id string) *atomic.Bool {
	over := new(atomic.Bool)
	go func() {
		w.Wait(ctx, parsed(id))
		over.Store(true)
	}()
	synctest.Wait()
	return over
}

func TestWindow_WaitEndsWhenThePositionIsReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWindow(Config{}, alice, bob)
		next, later := waitFor(t.Context(), w, position(3)), waitFor(t.Context(), w, position(4))
		if next.Load() || later.Load() {
			t.Fatal("it did not wait")
		}
		w.Add(entryFor(3, bob))
		synctest.Wait()
		if !next.Load() || later.Load() {
			t.Errorf("at 3: over are %v and %v", next.Load(), later.Load())
		}
		w.Add(entryFor(4, bob), entryFor(5, alice))
		synctest.Wait()
		if !later.Load() || len(w.waiters) != 0 {
			t.Errorf("at 5: over %v, %d wait", later.Load(), len(w.waiters))
		}
		found, gap := w.Replay(Query{LastEventID: position(4), UpTo: 5, Addresses: []engine.Address{alice, bob}})
		if gap != nil || len(found) != 1 {
			t.Errorf("replay of %v with gap %v", seqs(found), gap)
		}
	})
}

func TestWindow_WaitEndsWithItsContextAndWithTheEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWindow(Config{}, alice)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		short, long := waitFor(ctx, w, position(9)), waitFor(t.Context(), w, position(9))
		time.Sleep(time.Second)
		synctest.Wait()
		if !short.Load() || long.Load() || len(w.waiters) != 1 {
			t.Errorf("over are %v and %v, %d wait", short.Load(), long.Load(), len(w.waiters))
		}
		w.Reset("f", 0)
		synctest.Wait()
		if !long.Load() {
			t.Error("it waits for another epoch's position")
		}
	})
}

func TestWindow_WaitsForNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWindow(Config{}, alice, bob)
		began := time.Now()
		for _, id := range []string{position(0), position(2), "f-3", position(3 + maxAhead)} {
			w.Wait(t.Context(), parsed(id))
		}
		w.waiters = make([]waiter, maxWaiters)
		w.Wait(t.Context(), parsed(position(3)))
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

func TestWindow_WaitCostsNothingWithoutNeed(t *testing.T) {
	w := newTestWindow(Config{}, alice, bob)
	for _, id := range []string{position(1), "e-" + strconv.Itoa(maxAhead+3)} {
		pos := parsed(id)
		if n := testing.AllocsPerRun(100, func() { w.Wait(t.Context(), pos) }); n != 0 {
			t.Errorf("%q: %v allocations", id, n)
		}
	}
}

// With so many that nobody else can wait, the engine must not be asked at once: a new
// leader would have no time to find its head. Here there is none that could be asked.
func TestLog_SendsOnWhomItCannotLetWait(t *testing.T) {
	w := newTestWindow(Config{}, alice)
	w.waiters = make([]waiter, maxWaiters)
	l := &Log{window: w}
	if err := l.reach(t.Context(), position(9)); !errors.Is(err, ErrBehind) {
		t.Errorf("err %v", err)
	}
}
