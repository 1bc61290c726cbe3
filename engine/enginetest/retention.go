package enginetest

import (
	"errors"
	"testing"

	"example.org/hub/engine"
)

// enough is how many records surely exceed a small retention, also when it is
// only kept approximately.
const enough = 20_000

func runRetention(t *testing.T, openSmall func(t *testing.T) engine.Engine) {
	t.Helper()
	t.Run("a position that is no longer retained is an error", func(t *testing.T) {
		eng := openSmall(t)
		start := mustBounds(t, eng)
		b := overflow(t, eng, start)
		if err := follow(t, eng, start.Head).awaitEnd(t); !errors.Is(err, engine.ErrTruncated) {
			t.Errorf("Tail from %d of %+v: %v, want ErrTruncated", start.Head, b, err)
		}
	})

	t.Run("what is retained can be read as a whole", func(t *testing.T) {
		eng := openSmall(t)
		start := mustBounds(t, eng)
		b := overflow(t, eng, start)
		got := follow(t, eng, b.First-1).awaitSeq(t, b.Head)
		number := int(b.First - start.Head - 1)
		wantNumbers(t, got, b.First, number, number+int(b.Head-b.First)+1)
		if b.Epoch != start.Epoch {
			t.Errorf("the epoch changed from %q to %q", start.Epoch, b.Epoch)
		}
	})

	t.Run("a tail that keeps up misses nothing", func(t *testing.T) {
		eng := openSmall(t)
		start := mustBounds(t, eng)
		f := follow(t, eng, start.Head)
		for n := range 500 {
			pos := mustAppend(t, eng, numbered(n))
			f.awaitSeq(t, pos.Seq)
		}
		wantNumbers(t, f.seen(), start.Head+1, 0, 500)
	})
}

// overflow appends until the oldest records are gone.
func overflow(t *testing.T, eng engine.Engine, start engine.Bounds) engine.Bounds {
	t.Helper()
	for n := range enough {
		mustAppend(t, eng, numbered(n))
		if n%100 != 99 {
			continue
		}
		if b := mustBounds(t, eng); b.First > start.First {
			return b
		}
	}
	t.Fatalf("%d records did not exceed the small retention", enough)
	return engine.Bounds{}
}
