package history_test

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

// lossy is an engine whose tail outlives the loss of its server.
type lossy struct {
	*memory.Engine
	lost atomic.Bool
}

func (e *lossy) Up() bool { return !e.lost.Load() }

func TestLog_AsksTheEngineWhetherItIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := &lossy{Engine: newEngine(t, memory.Config{})}
		l, err := history.Open(t.Context(), eng, history.Config{}, 7, slog.New(slog.DiscardHandler), func([]*history.Entry) {})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		synctest.Wait()
		if !l.Up() || l.Down() != 0 {
			t.Errorf("up %v, down for %v", l.Up(), l.Down())
		}
		time.Sleep(time.Minute)
		if up := l.UpFor(); up != time.Minute {
			t.Errorf("up for %v, want 1m", up)
		}
		eng.lost.Store(true)
		if l.Up() || l.UpFor() != 0 {
			t.Error("up without a server")
		}
		time.Sleep(7 * time.Second)
		if down := l.Down(); down != 7*time.Second {
			t.Errorf("down for %v, want 7s", down)
		}
		eng.lost.Store(false)
		if !l.Up() {
			t.Error("still down")
		}
		time.Sleep(time.Second)
		if up := l.UpFor(); up != time.Second {
			t.Errorf("up for %v, want 1s", up)
		}
	})
}
