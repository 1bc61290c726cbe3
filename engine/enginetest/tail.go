package enginetest

import (
	"context"
	"errors"
	"testing"

	"example.org/hub/engine"
)

func runTail(t *testing.T, open func(t *testing.T) engine.Engine) {
	t.Helper()
	for _, tt := range []struct {
		name  string
		after uint64 // relative to the empty log's head
	}{
		{"from the start", 0},
		{"from the middle", 50},
		{"from before the last record", 99},
		{"from the head", 100},
	} {
		t.Run(tt.name+" reads what is retained and then what comes", func(t *testing.T) {
			eng := open(t)
			base := mustBounds(t, eng).Head
			appendMany(t, eng, 0, 100)
			f := follow(t, eng, base+tt.after)
			if tt.after < 100 {
				f.awaitSeq(t, base+100)
			}
			last := appendMany(t, eng, 100, 150)
			wantNumbers(t, f.awaitSeq(t, last.Seq), base+tt.after+1, int(tt.after), 150)
		})
	}

	t.Run("a long log is read as a whole", func(t *testing.T) {
		eng := open(t)
		base := mustBounds(t, eng).Head
		last := appendMany(t, eng, 0, 3000)
		wantNumbers(t, follow(t, eng, base).awaitSeq(t, last.Seq), base+1, 0, 3000)
	})

	t.Run("a position beyond the head is not of this log", func(t *testing.T) {
		eng := open(t)
		last := appendMany(t, eng, 0, 3)
		err := follow(t, eng, last.Seq+1).awaitEnd(t)
		if !errors.Is(err, engine.ErrTruncated) {
			t.Errorf("Tail: %v, want ErrTruncated", err)
		}
	})

	t.Run("ends with its context", func(t *testing.T) {
		eng := open(t)
		f := follow(t, eng, 0)
		last := appendMany(t, eng, 0, 3)
		f.awaitSeq(t, last.Seq)
		f.stop()
		if err := f.awaitEnd(t); !errors.Is(err, context.Canceled) {
			t.Errorf("Tail: %v, want context.Canceled", err)
		}
		appendMany(t, eng, 3, 6)
		if n := len(f.seen()); n != 3 {
			t.Errorf("%d records were delivered, want 3", n)
		}
	})

	t.Run("ends with the error of deliver", func(t *testing.T) {
		eng := open(t)
		appendMany(t, eng, 0, 3)
		failure := errors.New("no more, please")
		calls := 0
		err := eng.Tail(t.Context(), 0, func([]engine.Stored) error {
			calls++
			return failure
		})
		if !errors.Is(err, failure) || calls != 1 {
			t.Errorf("Tail: %v after %d calls", err, calls)
		}
	})

	t.Run("a slow one holds up neither Append nor another", func(t *testing.T) {
		eng := open(t)
		base := mustBounds(t, eng).Head
		release := make(chan struct{})
		fast := follow(t, eng, base)
		fast.awaitSeq(t, appendMany(t, eng, 0, 1).Seq)
		// It has something to read from the start: an engine may let an Append
		// deliver to a tail that waits.
		slow := followBehind(t, eng, base, release)
		last := appendMany(t, eng, 1, 2000)
		wantNumbers(t, fast.awaitSeq(t, last.Seq), base+1, 0, 2000)
		close(release)
		wantNumbers(t, slow.awaitSeq(t, last.Seq), base+1, 0, 2000)
	})
}
