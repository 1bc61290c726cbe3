package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/engine/memory"
)

// reads returns what a hub would know that starts now.
func reads(t *testing.T, eng *memory.Engine) *auth.Revocations {
	t.Helper()
	b, err := eng.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := auth.NewRevocations(0)
	done := errors.New("read")
	if b.Head < b.First {
		return r
	}
	err = eng.Tail(t.Context(), b.First-1, func(batch []engine.Stored) error {
		for _, s := range batch {
			if s.Record.Kind == engine.Revoked {
				if _, err := r.Apply(s.Record); err != nil {
					return err
				}
			}
			if s.Seq == b.Head {
				return done
			}
		}
		return nil
	})
	if !errors.Is(err, done) {
		t.Fatal(err)
	}
	return r
}

// testKeeper starts a keeper of one revocation over a log of 100 records.
func testKeeper(t *testing.T, eng engine.Engine, lowest bool) *keeper {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	k := &keeper{
		revocations: auth.NewRevocations(0), engine: eng, lowest: func() bool { return lowest },
		window: 100, maxAge: time.Minute, log: slog.New(slog.DiscardHandler), stop: stop, done: make(chan struct{}),
	}
	k.revocations.Revoke("alice", time.Now())
	go k.run(ctx)
	t.Cleanup(k.close)
	return k
}

func fill(t *testing.T, eng engine.Engine, records int) {
	t.Helper()
	for range records {
		if _, err := eng.Append(t.Context(), &engine.Record{To: []engine.Address{engine.All}}, ""); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKeeper_ARevocationOutlivesTheRetention(t *testing.T) {
	for name, perSecond := range map[string]int{"in an idle log": 0, "in a busy log": 40} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				eng := memory.New(memory.Config{MaxRecords: 100, MaxAge: time.Minute})
				defer eng.Close()
				testKeeper(t, eng, true)
				time.Sleep(keepEvery + time.Millisecond)
				for second := range 600 {
					synctest.Wait()
					if n := reads(t, eng).Len(); n != 1 {
						t.Fatalf("after %d s the log knows %d revocations", second, n)
					}
					fill(t, eng, perSecond)
					time.Sleep(time.Second)
				}
			})
		})
	}
}

func TestKeeper_RepeatsNoMoreThanNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := memory.New(memory.Config{MaxRecords: 100_000, MaxAge: time.Hour})
		defer eng.Close()
		k := testKeeper(t, eng, true)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		b, err := eng.Bounds(t.Context())
		if limit := uint64(10*time.Minute/(k.maxAge/2)) + 1; err != nil || b.Head == 0 || b.Head > limit {
			t.Errorf("repeated %d times, %v, want at most %d", b.Head, err, limit)
		}
	})
}

func TestKeeper_IsOneHubOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := memory.New(memory.Config{})
		defer eng.Close()
		testKeeper(t, eng, false)
		time.Sleep(time.Hour)
		if b, err := eng.Bounds(t.Context()); b.Head != 0 || err != nil {
			t.Errorf("a hub that is not the first repeated: %+v, %v", b, err)
		}
	})
}
