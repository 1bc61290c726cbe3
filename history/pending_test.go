package history_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

// openDeaf returns a log whose hub never says whom an entry reached.
func openDeaf(t *testing.T) *history.Log {
	t.Helper()
	l, err := history.Open(t.Context(), newEngine(t, memory.Config{}), history.Config{}, 7, slog.New(slog.DiscardHandler), func([]*history.Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestPending_WaitsNoLongerThanTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := openDeaf(t)
		p := mustAppend(t, l, rec("a"), "")
		start := time.Now()
		out := p.Wait(t.Context())
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("waited %v", took)
		}
		if want := (history.Outcome{ID: l.Window().Epoch() + "-1"}); out != want {
			t.Errorf("Wait = %+v, want %+v", out, want)
		}
	})
}

func TestPending_WaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := mustAppend(t, openDeaf(t), rec("a"), "")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if out := p.Wait(ctx); out.ID == "" || out.Connections != 0 {
			t.Errorf("Wait = %+v", out)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("waited %v", took)
		}
	})
}

func TestPending_WaitEndsWithTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := openDeaf(t)
		p := mustAppend(t, l, rec("a"), "")
		start := time.Now()
		go l.Close()
		if out := p.Wait(t.Context()); out.ID == "" || out.Connections != 0 {
			t.Errorf("Wait = %+v", out)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %v", took)
		}
	})
}
