package redis

import (
	"errors"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/hub/engine"
)

// durable has the server write every record to disk before it answers.
var durable = []string{"--appendonly", "yes", "--appendfsync", "always"}

// awaitNumbers waits for the record with a number and returns all retained ones.
func (f *follower) awaitNumber(t *testing.T, n int) {
	t.Helper()
	eventually(t, "record "+strconv.Itoa(n), func() bool {
		for _, s := range f.seen() {
			if s.Record.Nonce == uint64(n) {
				return true
			}
		}
		return false
	})
}

func TestEngine_LogOutlivesARestartOfTheServer(t *testing.T) {
	t.Parallel()
	s := startServer(t, durable...)
	e := s.open(t, Config{})
	before := mustAppend(t, e, 1, "key")
	f := follow(t, e)
	f.awaitNumber(t, 1)
	s.stop()
	s.start(t)
	again := engine.Appended{}
	eventually(t, "the server", func() (ok bool) {
		var err error
		again, err = e.Append(t.Context(), numbered(1), "key")
		return err == nil
	})
	if !again.Duplicate || again.Position != before.Position {
		t.Errorf("the key's second use answered %+v, the first %+v", again, before)
	}
	after := mustAppend(t, e, 2, "")
	if after.Position.Epoch != before.Position.Epoch || after.Position.Seq != before.Position.Seq+1 {
		t.Errorf("%v after %v", after.Position, before.Position)
	}
	f.awaitNumber(t, 2)
	if n := len(f.seen()); n != 2 {
		t.Errorf("%d records were delivered, want 2", n)
	}
}

func TestEngine_FlushedServerHasANewEpochThatTheTailReports(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.open(t, Config{})
	before := mustAppend(t, e, 1, "")
	f := follow(t, e)
	f.awaitNumber(t, 1)
	if err := e.client.Do(t.Context(), e.client.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if err := f.awaitEnd(t); !errors.Is(err, engine.ErrTruncated) {
		t.Errorf("Tail: %v, want ErrTruncated", err)
	}
	b := mustBounds(t, e)
	if b.Epoch == before.Position.Epoch || b.First != 1 || b.Head != 0 {
		t.Errorf("Bounds = %+v after epoch %s", b, before.Position.Epoch)
	}
	if after := mustAppend(t, e, 2, ""); after.Position != (engine.Position{Epoch: b.Epoch, Seq: 1}) {
		t.Errorf("the next record is at %v", after.Position)
	}
	follow(t, e).awaitNumber(t, 2)
}

// Publishers may be first to meet the empty server, and may even get beyond the
// place of a tail before it looks.
func TestEngine_RecordsOfANewEpochAreNotTakenForTheNext(t *testing.T) {
	s := startServer(t)
	e := s.open(t, Config{})
	mustAppend(t, e, 1, "")
	f := follow(t, e)
	f.awaitNumber(t, 1)
	if err := e.client.Do(t.Context(), e.client.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	for n := range 50 {
		mustAppend(t, e, 100+n, "")
	}
	if err := f.awaitEnd(t); !errors.Is(err, engine.ErrTruncated) {
		t.Errorf("Tail: %v, want ErrTruncated", err)
	}
	if n := len(f.seen()); n != 1 {
		t.Errorf("%d records were delivered, want that of the first epoch", n)
	}
}

func TestEngine_KilledServerLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	s := startServer(t, durable...)
	e := s.open(t, Config{})
	f := follow(t, e)
	const callers = 8
	acked := make([]map[uint64]uint64, callers) // by caller: number to seq
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for c := range callers {
		acked[c] = make(map[uint64]uint64)
		wg.Go(func() {
			for n := c; ; n += callers {
				select {
				case <-stop:
					return
				default:
				}
				key := strconv.Itoa(n)
				for {
					got, err := e.Append(t.Context(), numbered(n), key)
					if err == nil {
						acked[c][uint64(n)] = got.Position.Seq
						break
					}
					if !errors.Is(err, engine.ErrUnavailable) {
						t.Errorf("Append: %v", err)
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
	}
	for range 3 {
		seen := len(f.seen())
		eventually(t, "records", func() bool { return len(f.seen()) > seen+100 })
		s.end()
		s.start(t)
	}
	seen := len(f.seen())
	eventually(t, "records after the last restart", func() bool { return len(f.seen()) > seen+100 })
	close(stop)
	wg.Wait()
	head := mustBounds(t, e).Head
	eventually(t, "the head", func() bool { return uint64(len(f.seen())) >= head })

	at := make(map[uint64]uint64)
	for i, stored := range f.seen() {
		if stored.Seq != uint64(i)+1 {
			t.Fatalf("place %d holds seq %d", i, stored.Seq)
		}
		if first, ok := at[stored.Record.Nonce]; ok {
			t.Fatalf("number %d is at %d and %d", stored.Record.Nonce, first, stored.Seq)
		}
		at[stored.Record.Nonce] = stored.Seq
	}
	for _, own := range acked {
		for n, seq := range own {
			if at[n] != seq {
				t.Fatalf("number %d was acknowledged at %d, and is at %d", n, seq, at[n])
			}
		}
	}
	if e.Stats().Relinks == 0 {
		t.Error("no reconnect is counted")
	}
}

func TestEngine_StoppedServerIsUnavailableAndThenGoesOn(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.open(t, Config{})
	mustAppend(t, e, 1, "")
	f := follow(t, e)
	f.awaitNumber(t, 1)
	s.signal(syscall.SIGSTOP)
	if _, err := e.Append(t.Context(), numbered(2), "key 2"); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("Append: %v, want ErrUnavailable", err)
	}
	if _, err := e.Bounds(t.Context()); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("Bounds: %v, want ErrUnavailable", err)
	}
	eventually(t, "the tail to notice", func() bool { return !e.Up() })
	s.signal(syscall.SIGCONT)
	mustEventually(t, e, 2)
	mustAppend(t, e, 3, "")
	f.awaitNumber(t, 3)
	eventually(t, "the engine to be up", e.Up)
	for i, stored := range f.seen() {
		if stored.Seq != uint64(i)+1 || stored.Record.Nonce != uint64(i)+1 {
			t.Errorf("place %d holds number %d at %d", i, stored.Record.Nonce, stored.Seq)
		}
	}
}
