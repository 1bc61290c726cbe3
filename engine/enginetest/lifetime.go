package enginetest

import (
	"errors"
	"sync"
	"testing"

	"example.org/hub/engine"
)

func runClose(t *testing.T, open func(t *testing.T) engine.Engine) {
	t.Helper()
	t.Run("ends every tail and refuses everything after", func(t *testing.T) {
		eng := open(t)
		a, b := follow(t, eng, 0), follow(t, eng, 0)
		last := appendMany(t, eng, 0, 3)
		a.awaitSeq(t, last.Seq)
		if err := eng.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		for _, f := range []*follower{a, b} {
			if err := f.awaitEnd(t); !errors.Is(err, engine.ErrClosed) {
				t.Errorf("Tail: %v, want ErrClosed", err)
			}
		}
		if _, err := eng.Append(t.Context(), numbered(3), ""); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Append: %v, want ErrClosed", err)
		}
		if _, err := eng.Bounds(t.Context()); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Bounds: %v, want ErrClosed", err)
		}
		if err := eng.Tail(t.Context(), 0, func([]engine.Stored) error { return nil }); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Tail: %v, want ErrClosed", err)
		}
	})

	t.Run("may come while others append", func(t *testing.T) {
		eng := open(t)
		f := follow(t, eng, 0)
		var wg sync.WaitGroup
		for a := range 4 {
			wg.Go(func() {
				for n := range 10_000 {
					if _, err := eng.Append(t.Context(), numbered(a*10_000+n), ""); err != nil {
						if !errors.Is(err, engine.ErrClosed) && !errors.Is(err, engine.ErrUnavailable) {
							t.Errorf("Append: %v", err)
						}
						return
					}
				}
			})
		}
		f.await(t, "some records", func(got []engine.Stored) bool { return len(got) > 20 })
		if err := eng.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		wg.Wait()
		if err := f.awaitEnd(t); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Tail: %v, want ErrClosed", err)
		}
	})
}
