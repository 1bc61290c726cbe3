package memory

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func newTestEngine(t *testing.T, cfg Config) *Engine {
	t.Helper()
	eng := New(cfg)
	t.Cleanup(func() { _ = eng.Close() })
	return eng
}

func mustAppend(t *testing.T, eng *Engine, rec *engine.Record, key string) engine.Appended {
	t.Helper()
	got, err := eng.Append(t.Context(), rec, key)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return got
}

func wantBounds(t *testing.T, eng *Engine, first, head uint64) {
	t.Helper()
	b, err := eng.Bounds(t.Context())
	if err != nil || b.First != first || b.Head != head {
		t.Errorf("Bounds = %+v, %v, want %d to %d", b, err, first, head)
	}
}

func event(size int) *engine.Record {
	return &engine.Record{To: []engine.Address{engine.All}, Body: bytes.Repeat([]byte("x"), size)}
}

func TestEngine_RetainsByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{MaxAge: time.Minute})
		mustAppend(t, eng, event(1), "")
		time.Sleep(30 * time.Second)
		mustAppend(t, eng, event(1), "")
		time.Sleep(30*time.Second - 1)
		wantBounds(t, eng, 1, 2)
		time.Sleep(time.Nanosecond)
		wantBounds(t, eng, 2, 2)
		if err := eng.Tail(t.Context(), 0, nil); !errors.Is(err, engine.ErrTruncated) {
			t.Errorf("Tail from an evicted record: %v, want ErrTruncated", err)
		}
		time.Sleep(30 * time.Second)
		wantBounds(t, eng, 3, 2)
		mustAppend(t, eng, event(1), "")
		wantBounds(t, eng, 3, 3)
	})
}

func TestEngine_DoesNotHandOutTheOldAfterIdling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{MaxAge: time.Minute})
		mustAppend(t, eng, event(1), "")
		time.Sleep(time.Hour)
		if err := eng.Tail(t.Context(), 0, nil); !errors.Is(err, engine.ErrTruncated) {
			t.Errorf("Tail: %v, want ErrTruncated", err)
		}
	})
}

func TestEngine_RetainsByCount(t *testing.T) {
	eng := newTestEngine(t, Config{MaxRecords: 10})
	for n := range uint64(100) {
		mustAppend(t, eng, event(1), "")
		wantBounds(t, eng, max(n+1, 10)-9, n+1)
	}
	if got := eng.log.len(); got != 10 {
		t.Errorf("%d records are held", got)
	}
}

func TestEngine_RetainsByBytes(t *testing.T) {
	size := int64(event(1000).Size())
	eng := newTestEngine(t, Config{MaxBytes: 5*size + 1})
	for range 20 {
		mustAppend(t, eng, event(1000), "")
	}
	wantBounds(t, eng, 16, 20)
	if eng.log.bytes != 5*size {
		t.Errorf("%d bytes are counted, want %d", eng.log.bytes, 5*size)
	}

	mustAppend(t, eng, event(100_000), "")
	wantBounds(t, eng, 21, 21) // the newest stays whatever its size, for the tails
	mustAppend(t, eng, event(1000), "")
	wantBounds(t, eng, 22, 22)
	if eng.log.bytes != size {
		t.Errorf("%d bytes are counted, want %d", eng.log.bytes, size)
	}
}

func TestEngine_ASlowTailIsOvertakenByRetention(t *testing.T) {
	eng := newTestEngine(t, Config{MaxRecords: 10})
	mustAppend(t, eng, event(1), "")
	err := eng.Tail(t.Context(), 0, func([]engine.Stored) error {
		for range 100 {
			mustAppend(t, eng, event(1), "")
		}
		return nil
	})
	if !errors.Is(err, engine.ErrTruncated) {
		t.Errorf("Tail: %v, want ErrTruncated", err)
	}
}

func TestConfig_ZeroMeansDefault(t *testing.T) {
	if got, want := (Config{}).orDefault(), DefaultConfig(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	cfg := Config{MaxAge: 1, MaxRecords: 2, MaxBytes: 3, MaxKeys: 4}
	if got := cfg.orDefault(); got != cfg {
		t.Errorf("got %+v, want %+v", got, cfg)
	}
}
