package enginetest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"example.org/hub/engine"
)

// patience is how long a condition may take to come true. It only passes as a
// whole when a test fails.
const patience = 30 * time.Second

// follower collects what one Tail delivers.
type follower struct {
	stop context.CancelFunc
	end  chan error // the Tail's error, once

	mu   sync.Mutex
	got  []engine.Stored
	news chan struct{} // takes a token at each delivery
}

// follow starts a Tail, which ends with the test at the latest.
func follow(t *testing.T, eng engine.Engine, after uint64) *follower {
	t.Helper()
	open := make(chan struct{})
	close(open)
	return followBehind(t, eng, after, open)
}

// followBehind starts a Tail that takes nothing before the gate is closed.
func followBehind(t *testing.T, eng engine.Engine, after uint64, gate <-chan struct{}) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{stop: cancel, end: make(chan error, 1), news: make(chan struct{}, 1)}
	var running sync.WaitGroup
	running.Go(func() {
		f.end <- eng.Tail(ctx, after, func(batch []engine.Stored) error {
			select {
			case <-gate:
				f.take(batch)
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return f
}

func (f *follower) take(batch []engine.Stored) {
	f.mu.Lock()
	f.got = append(f.got, batch...) // the batch is only valid now, its records for good
	f.mu.Unlock()
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// seen returns what was delivered so far.
func (f *follower) seen() []engine.Stored {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

// await waits until done accepts what was delivered, and returns that.
func (f *follower) await(t *testing.T, what string, done func(got []engine.Stored) bool) []engine.Stored {
	t.Helper()
	timeout := time.After(patience)
	for {
		got := f.seen()
		if done(got) {
			return got
		}
		select {
		case <-f.news:
		case err := <-f.end:
			t.Fatalf("waiting for %s: the tail ended: %v", what, err)
		case <-timeout:
			t.Fatalf("waiting for %s: %d records came", what, len(got))
		}
	}
}

// awaitSeq waits for the record with a Seq and returns the retained ones up to it.
func (f *follower) awaitSeq(t *testing.T, seq uint64) []engine.Stored {
	t.Helper()
	got := f.await(t, "a position", func(got []engine.Stored) bool {
		return slices.ContainsFunc(got, func(s engine.Stored) bool { return s.Seq == seq })
	})
	return slices.DeleteFunc(got, func(s engine.Stored) bool { return s.Seq == 0 || s.Seq > seq })
}

// awaitEnd waits for the Tail's error.
func (f *follower) awaitEnd(t *testing.T) error {
	t.Helper()
	select {
	case err := <-f.end:
		return err
	case <-time.After(patience):
		t.Fatal("the tail did not end")
		return nil
	}
}
