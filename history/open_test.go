package history_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

func TestOpen_LoadsWhatTheEngineRetainsWithoutDeliveringIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t, memory.Config{})
		store(t, eng, "a", "b", "c")
		h := new(hub)
		l := open(t, eng, history.Config{}, h)
		wantReplay(t, l, 0, "abc")
		if l.Window().Head() != 3 {
			t.Errorf("head %d", l.Window().Head())
		}
		mustAppend(t, l, rec("d"), "").Wait(t.Context())
		wantBodies(t, h, "d")
		wantReplay(t, l, 1, "bcd")
	})
}

func TestOpen_LoadsOnlyWhatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		store(t, eng, strings.Split(strings.Repeat("x", 5000), "")...)
		read := 0
		eng.tail = func(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
			return eng.Engine.Tail(ctx, after, func(batch []engine.Stored) error {
				read += len(batch)
				return deliver(batch)
			})
		}
		h := new(hub)
		l := open(t, eng, history.Config{MaxEvents: 10}, h)
		if s := l.Window().Stats(); s.Events != 10 || read != 10 {
			t.Errorf("%+v after reading %d", s, read)
		}
		wantReplay(t, l, 4990, "xxxxxxxxxx")
		wantBodies(t, h, "")
	})
}

func TestOpen_DeliversWhatArrivesWhileItLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		store(t, eng, "a", "b")
		eng.tail = func(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
			store(t, eng.Engine, "c")
			err := deliver([]engine.Stored{ // history, live and transient records in one batch
				{Seq: 1, Record: rec("a")}, {Record: rec("T")}, {Seq: 2, Record: rec("b")}, {Seq: 3, Record: rec("c")},
			})
			if err != nil {
				return err
			}
			return eng.Engine.Tail(ctx, after+3, deliver)
		}
		h := new(hub)
		l := open(t, eng, history.Config{}, h)
		synctest.Wait()
		wantBodies(t, h, "Tc")
		wantReplay(t, l, 0, "abc")
	})
}

func TestOpen_LoadsWhatIsLeftWhenRetentionOvertakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng, h := newFaulty(t), new(hub)
		store(t, eng, "a", "b", "c", "d")
		epoch := ""
		eng.become(func(f *faults) {
			f.bounds = func(ctx context.Context) (engine.Bounds, error) {
				b, err := f.Bounds(ctx)
				if epoch != "" {
					b.First = 3 // since the first call
				}
				epoch = b.Epoch
				return b, err
			}
		})
		l := open(t, eng, history.Config{}, h)
		wantReplay(t, l, 2, "cd")
		wantBodies(t, h, "")
		wantGaps(t, h) // there can be no streams yet
		l.Close()
	})
}

func TestOpen_FailsWithTheEngine(t *testing.T) {
	deliver := func([]*history.Entry) {}
	logger := slog.New(slog.DiscardHandler)

	t.Run("that is closed", func(t *testing.T) {
		eng := memory.New(memory.Config{})
		_ = eng.Close()
		if _, err := history.Open(t.Context(), eng, history.Config{}, 7, logger, deliver); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Open: %v, want ErrClosed", err)
		}
	})

	t.Run("that is closed while it loads", func(t *testing.T) {
		eng := newFaulty(t)
		store(t, eng, "a")
		eng.tail = func(context.Context, uint64, func([]engine.Stored) error) error { return engine.ErrClosed }
		if _, err := history.Open(t.Context(), eng, history.Config{}, 7, logger, deliver); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Open: %v, want ErrClosed", err)
		}
	})

	t.Run("that never answers", func(t *testing.T) {
		eng := newFaulty(t)
		store(t, eng, "a")
		ctx, cancel := context.WithCancel(t.Context())
		eng.tail = func(ctx context.Context, _ uint64, _ func([]engine.Stored) error) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		if _, err := history.Open(ctx, eng, history.Config{}, 7, logger, deliver); !errors.Is(err, context.Canceled) {
			t.Errorf("Open: %v, want context.Canceled", err)
		}
	})
}

func TestOpen_OutlivesItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := new(hub)
	l, err := history.Open(ctx, newEngine(t, memory.Config{}), history.Config{}, 7, slog.New(slog.DiscardHandler), h.deliver)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cancel()
	if out := mustAppend(t, l, rec("a"), "").Wait(t.Context()); out.Connections != 2 {
		t.Errorf("Wait = %+v", out)
	}
}
