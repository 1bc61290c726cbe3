package memory

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func TestNew_EpochsAreDifferentAndSortByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last := ""
		for range 5 {
			a, b := New(Config{}), New(Config{})
			if a.epoch == b.epoch {
				t.Errorf("two engines have the epoch %q", a.epoch)
			}
			if a.epoch <= last {
				t.Errorf("epoch %q does not come after %q", a.epoch, last)
			}
			if p, err := engine.ParsePosition(engine.Position{Epoch: a.epoch, Seq: 1}.String()); err != nil || p.Epoch != a.epoch {
				t.Errorf("epoch %q: %v", a.epoch, err)
			}
			last = max(a.epoch, b.epoch)
			time.Sleep(10 * 365 * 24 * time.Hour) // beyond the year in which the seconds take a 7th digit
		}
	})
}

func TestEngine_RunsNothingWhileIdle(t *testing.T) {
	before := runtime.NumGoroutine()
	eng := newTestEngine(t, Config{})
	for range 1000 {
		mustAppend(t, eng, event(1), "")
	}
	if after := runtime.NumGoroutine(); after > before { // one of another test may end meanwhile
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

func TestEngine_MayBeClosedTwice(t *testing.T) {
	eng := New(Config{})
	for range 2 {
		if err := eng.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

func TestEngine_AppendAllocatesNothing(t *testing.T) {
	eng := newTestEngine(t, Config{MaxRecords: 100})
	rec := event(200)
	if n := testing.AllocsPerRun(1000, func() { mustAppend(t, eng, rec, "") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEngine_Append(b *testing.B) {
	for _, bb := range []struct {
		name  string
		tails int
	}{{"no tail", 0}, {"one tail", 1}, {"four tails", 4}} {
		b.Run(bb.name, func(b *testing.B) {
			eng := New(Config{})
			for range bb.tails {
				go func() { _ = eng.Tail(b.Context(), 0, func([]engine.Stored) error { return nil }) }()
			}
			rec := event(200)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := eng.Append(b.Context(), rec, ""); err != nil {
					b.Fatal(err)
				}
			}
			_ = eng.Close()
		})
	}
}

func BenchmarkEngine_AppendKey(b *testing.B) {
	eng := New(Config{})
	rec := event(200)
	key := make([]byte, 16)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		for i := range 8 {
			key[i] = byte(n >> (8 * i))
		}
		if _, err := eng.Append(b.Context(), rec, string(key)); err != nil {
			eng = New(Config{})
		}
	}
}
