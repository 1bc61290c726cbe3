package enginetest

import (
	"strconv"
	"testing"
	"time"

	"example.org/hub/engine"
)

// numbered returns a record that can be told apart by its number.
func numbered(n int) *engine.Record {
	return &engine.Record{
		To:    []engine.Address{engine.User("u" + strconv.Itoa(n%7))},
		Name:  "test",
		Body:  []byte("event: test\ndata: " + strconv.Itoa(n) + "\n\n"),
		Time:  time.Now().Truncate(time.Millisecond),
		Nonce: uint64(n),
	}
}

// transientRecord returns a numbered record that is not retained.
func transientRecord(n int) *engine.Record {
	rec := numbered(n)
	rec.Transient = true
	return rec
}

// mustAppend appends without a key and returns the position.
func mustAppend(t *testing.T, eng engine.Engine, rec *engine.Record) engine.Position {
	t.Helper()
	got, err := eng.Append(t.Context(), rec, "")
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	if got.Duplicate {
		t.Fatal("Append without a key answered a duplicate")
	}
	return got.Position
}

// appendMany appends the records numbered from to to-1 and returns the last position.
func appendMany(t *testing.T, eng engine.Engine, from, to int) engine.Position {
	t.Helper()
	var last engine.Position
	for n := from; n < to; n++ {
		last = mustAppend(t, eng, numbered(n))
	}
	return last
}

func mustBounds(t *testing.T, eng engine.Engine) engine.Bounds {
	t.Helper()
	b, err := eng.Bounds(t.Context())
	if err != nil {
		t.Fatalf("Bounds: %v", err)
	}
	return b
}

// wantNumbers fails unless got are the retained records of these numbers, in
// order, the first of them at Seq first.
func wantNumbers(t *testing.T, got []engine.Stored, first uint64, from, to int) {
	t.Helper()
	if len(got) != to-from {
		t.Fatalf("got %d records, want %d", len(got), to-from)
	}
	for i, s := range got {
		if s.Seq != first+uint64(i) || s.Record.Nonce != uint64(from+i) {
			t.Fatalf("record %d has seq %d and number %d, want %d and %d", i, s.Seq, s.Record.Nonce, first+uint64(i), from+i)
		}
	}
}
