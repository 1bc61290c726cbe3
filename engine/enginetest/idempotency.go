package enginetest

import (
	"sync"
	"testing"

	"example.org/hub/engine"
)

func runIdempotency(t *testing.T, open func(t *testing.T) engine.Engine) {
	t.Helper()
	t.Run("a repeated key stores nothing and answers the first position", func(t *testing.T) {
		eng := open(t)
		f := follow(t, eng, 0)
		first := mustAppendKey(t, eng, numbered(0), "k")
		other := mustAppendKey(t, eng, numbered(1), "K")
		again := mustAppendKey(t, eng, numbered(2), "k")
		if first.Duplicate || other.Duplicate {
			t.Errorf("first uses answered %+v and %+v", first, other)
		}
		if want := (engine.Appended{Position: first.Position, Duplicate: true}); again != want {
			t.Errorf("the repetition answered %+v, want %+v", again, want)
		}
		last := mustAppend(t, eng, numbered(2))
		wantNumbers(t, f.awaitSeq(t, last.Seq), first.Position.Seq, 0, 3)
	})

	t.Run("without a key equal records are different", func(t *testing.T) {
		eng := open(t)
		rec := numbered(0)
		if a, b := mustAppend(t, eng, rec), mustAppend(t, eng, rec); a == b {
			t.Errorf("both are at %v", a)
		}
	})

	t.Run("a repeated transient record is not delivered again", func(t *testing.T) {
		eng := open(t)
		f := follow(t, eng, 0)
		awaitTransient(t, eng, f)
		mustAppendKey(t, eng, transientRecord(1), "once")
		again := mustAppendKey(t, eng, transientRecord(1), "once")
		if !again.Duplicate || !again.Position.IsZero() {
			t.Errorf("the repetition answered %+v", again)
		}
		mustAppend(t, eng, transientRecord(2))
		got := f.await(t, "the second transient record", func(got []engine.Stored) bool { return count(got, 2) > 0 })
		if n := count(got, 1); n > 1 {
			t.Errorf("delivered %d times", n)
		}
	})

	t.Run("of concurrent uses of a key one is stored", func(t *testing.T) {
		eng := open(t)
		const users = 8
		answers := make([]engine.Appended, users)
		var wg sync.WaitGroup
		for i := range users {
			wg.Go(func() { answers[i] = mustAppendKey(t, eng, numbered(i), "same") })
		}
		wg.Wait()
		stored := 0
		for _, a := range answers {
			if !a.Duplicate {
				stored++
			}
			if a.Position != answers[0].Position {
				t.Errorf("positions %v and %v", a.Position, answers[0].Position)
			}
		}
		if b := mustBounds(t, eng); stored != 1 || b.Head-b.First+1 != 1 {
			t.Errorf("%d uses were stored, bounds %+v", stored, b)
		}
	})
}

// mustAppendKey appends with a key. It may be called by any goroutine.
func mustAppendKey(t *testing.T, eng engine.Engine, rec *engine.Record, key string) engine.Appended {
	t.Helper()
	got, err := eng.Append(t.Context(), rec, key)
	if err != nil {
		t.Errorf("Append: %v", err)
	}
	return got
}
