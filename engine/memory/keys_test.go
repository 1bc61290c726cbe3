package memory

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func TestEngine_RemembersAKeyForTheTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{MaxAge: time.Second})
		time.Sleep(engine.IdempotencyTTL / 2) // so that the generations turn in between
		first := mustAppend(t, eng, event(1), "k")
		time.Sleep(engine.IdempotencyTTL - 1)
		again := mustAppend(t, eng, event(1), "k")
		if !again.Duplicate || again.Position != first.Position {
			t.Errorf("within the TTL: %+v, want a duplicate of %v", again, first.Position)
		}
		time.Sleep(time.Nanosecond)
		if late := mustAppend(t, eng, event(1), "k"); late.Duplicate || late.Position.Seq != first.Position.Seq+1 {
			t.Errorf("after the TTL: %+v, want a new record", late)
		}
		if again := mustAppend(t, eng, event(1), "k"); !again.Duplicate {
			t.Error("the second use of the key was forgotten")
		}
	})
}

func TestEngine_ForgetsKeysInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{})
		const perMinute = 100
		for minute := range 60 {
			for n := range perMinute {
				mustAppend(t, eng, event(1), strconv.Itoa(minute*perMinute+n))
			}
			time.Sleep(time.Minute)
		}
		limit := 2 * perMinute * int(engine.IdempotencyTTL/time.Minute)
		if held := len(eng.keys.young) + len(eng.keys.old); held > limit {
			t.Errorf("%d keys are held, want at most %d", held, limit)
		}
		time.Sleep(2 * engine.IdempotencyTTL)
		mustAppend(t, eng, event(1), "")
		if held := len(eng.keys.young) + len(eng.keys.old); held != 0 {
			t.Errorf("%d keys are held after a pause", held)
		}
	})
}

func TestEngine_RefusesKeysItCouldNotRemember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{MaxKeys: 3})
		for n := range 3 {
			mustAppend(t, eng, event(1), strconv.Itoa(n))
		}
		if _, err := eng.Append(t.Context(), event(1), "3"); !errors.Is(err, engine.ErrUnavailable) {
			t.Errorf("Append: %v, want ErrUnavailable", err)
		}
		wantBounds(t, eng, 1, 3) // the refused one was not stored
		if got := mustAppend(t, eng, event(1), "1"); !got.Duplicate {
			t.Error("a known key is no duplicate when the limit is reached")
		}
		mustAppend(t, eng, event(1), "") // no key, no limit
		time.Sleep(2 * engine.IdempotencyTTL)
		mustAppend(t, eng, event(1), "3")
	})
}

func TestKeys_EqualDigestsNeedEqualKeys(t *testing.T) {
	k := newKeys(1)
	seen := make(map[digest]string)
	for n := range 10_000 {
		key := strconv.Itoa(n)
		d := k.digest(key)
		if other, ok := seen[d]; ok {
			t.Fatalf("%q and %q have one digest", key, other)
		}
		if d != k.digest(key) {
			t.Fatalf("%q has two digests", key)
		}
		seen[d] = key
	}
}
