package enginetest

import (
	"slices"
	"testing"
	"time"

	"example.org/hub/engine"
)

// probe is the number of the transient records that find out whether a tail
// receives them yet.
const probe = 1 << 40

func runTransient(t *testing.T, open func(t *testing.T) engine.Engine) {
	t.Helper()
	t.Run("is delivered without a position, in order, at most once", func(t *testing.T) {
		eng := open(t)
		f := follow(t, eng, 0)
		awaitTransient(t, eng, f)
		for n := range 20 {
			if pos := mustAppend(t, eng, transientRecord(n)); !pos.IsZero() {
				t.Fatalf("a transient record is at %v", pos)
			}
		}
		got := f.await(t, "the last transient record", func(got []engine.Stored) bool { return count(got, 19) > 0 })
		last := -1
		for _, s := range got {
			if s.Record.Nonce == probe {
				continue
			}
			if s.Seq != 0 || !s.Record.Transient {
				t.Errorf("record %d has seq %d", s.Record.Nonce, s.Seq)
			}
			if int(s.Record.Nonce) <= last {
				t.Errorf("record %d came after %d", s.Record.Nonce, last)
			}
			last = int(s.Record.Nonce)
		}
	})

	t.Run("takes no position and is not retained", func(t *testing.T) {
		eng := open(t)
		before := mustBounds(t, eng)
		first := mustAppend(t, eng, numbered(0))
		for n := 10; n < 20; n++ {
			mustAppend(t, eng, transientRecord(n))
		}
		second := mustAppend(t, eng, numbered(1))
		if second.Seq != first.Seq+1 {
			t.Errorf("positions %v and %v", first, second)
		}
		if b := mustBounds(t, eng); b.First != before.Head+1 || b.Head != before.Head+2 {
			t.Errorf("Bounds = %+v after %+v and two records", b, before)
		}
		f := follow(t, eng, before.Head)
		last := mustAppend(t, eng, numbered(2))
		f.awaitSeq(t, last.Seq)
		got := slices.DeleteFunc(f.seen(), func(s engine.Stored) bool {
			return s.Seq == 0 // was still on its way when the tail began
		})
		wantNumbers(t, got, before.Head+1, 0, 3)
	})
}

// awaitTransient sends transient records until the tail receives one: over a
// network a tail may get them later than it gets retained ones.
func awaitTransient(t *testing.T, eng engine.Engine, f *follower) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for count(f.seen(), probe) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("no transient record came")
		}
		mustAppend(t, eng, transientRecord(probe))
		select {
		case <-f.news:
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// count returns how many records of a number were delivered.
func count(got []engine.Stored, number uint64) int {
	n := 0
	for _, s := range got {
		if s.Record.Nonce == number {
			n++
		}
	}
	return n
}
