package memory

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/hub/engine"
)

// named returns a record whose body is its name.
func named(name string, transient bool) *engine.Record {
	return &engine.Record{To: []engine.Address{engine.All}, Body: []byte(name), Transient: transient}
}

// startTail follows the log from the start in a bubble and adds the bodies to seen.
func startTail(t *testing.T, eng *Engine, gate <-chan struct{}) (seen *strings.Builder, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	seen = new(strings.Builder)
	go func() {
		_ = eng.Tail(ctx, 0, func(batch []engine.Stored) error {
			for _, s := range batch {
				seen.Write(s.Record.Body)
			}
			if gate != nil {
				<-gate
			}
			return nil
		})
	}()
	synctest.Wait()
	return seen, cancel
}

// occupy appends a record for a tail that will not return from it. The Append
// that serves an idle tail waits with it, those after it do not.
func occupy(t *testing.T, eng *Engine, rec *engine.Record) {
	t.Helper()
	go func() { _, _ = eng.Append(t.Context(), rec, "") }()
	synctest.Wait()
}

// An Append serves the tail that was idle, and is the only one that waits for it.
func TestTail_ASlowTailHoldsUpNoOtherAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{})
		gate := make(chan struct{})
		seen, _ := startTail(t, eng, gate)
		occupy(t, eng, named("a", false))
		for _, r := range "bcd" {
			mustAppend(t, eng, named(string(r), false), "")
		}
		close(gate)
		synctest.Wait()
		if seen.String() != "abcd" {
			t.Errorf("the tail saw %q", seen)
		}
	})
}

// A reader that leaves while an Append delivers in its place waits for it.
func TestTail_DeliversNothingAfterItsReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{})
		gate := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		returned, late := false, false
		go func() {
			_ = eng.Tail(ctx, 0, func([]engine.Stored) error {
				<-gate
				late = late || returned
				return nil
			})
			returned = true
		}()
		synctest.Wait()
		occupy(t, eng, named("a", false))
		cancel()
		synctest.Wait()
		if returned {
			t.Error("Tail returned while an Append delivered for it")
		}
		close(gate)
		synctest.Wait()
		if !returned || late {
			t.Errorf("returned %v, delivered afterwards %v", returned, late)
		}
	})
}

func TestTail_InterleavesTransientRecordsAsTheyArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{})
		mustAppend(t, eng, named("a", false), "")
		gate := make(chan struct{})
		seen, _ := startTail(t, eng, gate) // reads a, then blocks
		for _, r := range "BcDEfgH" {
			mustAppend(t, eng, named(string(r), r < 'a'), "") // upper case is transient
		}
		late, _ := startTail(t, eng, nil)
		mustAppend(t, eng, named("I", true), "")
		close(gate)
		synctest.Wait()
		if got := seen.String(); got != "aBcDEfgHI" {
			t.Errorf("the first tail saw %q", got)
		}
		if got := late.String(); got != "acfgI" {
			t.Errorf("the later tail saw %q", got)
		}
	})
}

func TestTail_TransientRecordsAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{})
		mustAppend(t, eng, named("A", true), "")
		if n := eng.transients.len(); n != 0 {
			t.Errorf("%d are held though nobody listens", n)
		}
		gate := make(chan struct{})
		slow, stop := startTail(t, eng, gate)
		quick, _ := startTail(t, eng, nil)
		for range 5 {
			mustAppend(t, eng, named("B", true), "")
			synctest.Wait()
		}
		if n := eng.transients.len(); n != 4 {
			t.Errorf("%d are held for the slow tail, want 4", n)
		}
		stop()
		close(gate)
		synctest.Wait()
		if n := eng.transients.len(); n != 0 || eng.transients.bytes != 0 {
			t.Errorf("%d are held after the slow tail ended", n)
		}
		if slow.String() != "B" || quick.String() != "BBBBB" {
			t.Errorf("the tails saw %q and %q", slow, quick)
		}
		for _, tail := range eng.tails {
			for _, s := range tail.batch[:cap(tail.batch)] {
				if s.Record != nil {
					t.Error("a waiting tail keeps a record alive")
				}
			}
		}
	})
}

func TestTail_ASlowTailLosesTheOldestTransientRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{})
		gate := make(chan struct{})
		slow, _ := startTail(t, eng, gate)
		occupy(t, eng, named("-", true))
		for range maxTransients {
			mustAppend(t, eng, named("o", true), "")
		}
		mustAppend(t, eng, named("x", true), "")
		mustAppend(t, eng, named("y", true), "")
		if n := eng.transients.len(); n != maxTransients {
			t.Errorf("%d are held", n)
		}
		close(gate)
		synctest.Wait()
		if got, want := slow.String(), "-"+strings.Repeat("o", maxTransients-2)+"xy"; got != want {
			t.Errorf("saw %d records, want %d", len(got), len(want))
		}
		if n := eng.DroppedTransients(); n != 2 {
			t.Errorf("%d are counted as dropped, want 2", n)
		}
	})
}

func TestTail_TransientRecordsAreBoundedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{})
		gate := make(chan struct{})
		defer close(gate)
		startTail(t, eng, gate)
		occupy(t, eng, named("-", true))
		for range 100 {
			mustAppend(t, eng, named(strings.Repeat("x", 1<<20), true), "")
		}
		if eng.transients.bytes > maxTransientBytes {
			t.Errorf("%d bytes are held", eng.transients.bytes)
		}
	})
}

func TestTail_BatchesWhatHasGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{})
		for range 3 * maxBatch {
			mustAppend(t, eng, named("r", false), "")
		}
		var sizes []int
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			_ = eng.Tail(ctx, 0, func(batch []engine.Stored) error {
				sizes = append(sizes, len(batch))
				return nil
			})
		}()
		synctest.Wait()
		if len(sizes) != 3 || sizes[0] != maxBatch {
			t.Errorf("batches of %v", sizes)
		}
	})
}
