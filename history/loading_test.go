package history_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

// loadAnother has the log lost, and another one of five records come in its place, of
// which the window has three until the rest is let through.
func loadAnother(t *testing.T, eng *faulty) (rest chan struct{}) {
	t.Helper()
	other := newEngine(t, memory.Config{})
	store(t, other, "a", "b", "c", "d", "e")
	rest = make(chan struct{})
	eng.become(func(f *faults) {
		f.Engine = other
		f.tail = func(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
			return other.Tail(ctx, after, func(batch []engine.Stored) error {
				if err := deliver(batch[:3]); err != nil {
					return err
				}
				<-rest
				return deliver(batch[3:])
			})
		}
	})
	eng.now().cut()
	time.Sleep(time.Second)
	synctest.Wait()
	return rest
}

// Streams that are attached meanwhile get live what comes behind the head of the log,
// and what the window lacks up to there by no other way.
func TestLog_ReplayOfAWindowThatIsBeingLoadedIsNotWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng, h := newFaulty(t), new(hub)
		l := open(t, eng, history.Config{}, h)
		synctest.Wait()
		rest := loadAnother(t, eng)
		epoch, head := l.Window().Epoch(), h.gaps[0].To // from where entries are delivered
		if l.Warm() || head != epoch+"-5" {
			t.Fatalf("warm %v, head %s", l.Warm(), head)
		}
		q := history.Query{LastEventID: epoch + "-2", UpTo: 5, Addresses: []engine.Address{"user/alice"}}
		want := history.Gap{From: epoch + "-3", To: head, Reason: history.GapExpired}
		if found, gap := l.Window().Replay(q); gap == nil || *gap != want || len(found) != 0 {
			t.Errorf("replay of %q with gap %+v, want none and %+v", joined(found), gap, want)
		}
		q.LastEventID = "old-7"
		want = history.Gap{From: "old-7", To: head, Reason: history.GapEpoch}
		if _, gap := l.Window().Replay(q); gap == nil || *gap != want {
			t.Errorf("replay behind another log with gap %+v, want %+v", gap, want)
		}
		close(rest)
		synctest.Wait()
		wantReplay(t, l, 2, "cde")
	})
}

func TestLog_PrepareWaitsForAWindowThatIsBeingLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		l := open(t, eng, history.Config{}, new(hub))
		synctest.Wait()
		rest := loadAnother(t, eng)
		go func() {
			time.Sleep(time.Second)
			close(rest)
		}()
		q := history.Query{LastEventID: l.Window().Epoch() + "-2", UpTo: 5, Addresses: []engine.Address{"user/alice"}}
		q.Recalled, _ = l.Prepare(t.Context(), q)
		if found, gap := l.Window().Replay(q); gap != nil || joined(found) != "cde" {
			t.Errorf("replay of %q with gap %+v, want all of it", joined(found), gap)
		}
	})
}
