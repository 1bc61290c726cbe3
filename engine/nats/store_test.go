package nats

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"example.org/hub/engine"
)

// envChild makes the test binary a hub that appends to a store until it is killed.
const envChild = "HUB_TEST_NATS_DIR"

func writeUntilKilled(dir string) {
	e, err := Open(context.Background(), Config{DataDir: dir}, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for n := 0; ; n++ {
		a, err := e.Append(context.Background(), record(n), strconv.Itoa(n))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(a.Position)
	}
}

func TestStore_KeepsEpochRecordsAndKeysAfterClose(t *testing.T) {
	cfg := Config{DataDir: t.TempDir()}
	first := mustOpen(t, cfg)
	var at []engine.Position
	for n := range 10 {
		a, err := first.Append(t.Context(), record(n), strconv.Itoa(n))
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, a.Position)
	}
	mustClose(t, first)

	second := mustOpen(t, cfg)
	b, err := second.Bounds(t.Context())
	if want := (engine.Bounds{Epoch: at[0].Epoch, First: 1, Head: 10}); err != nil || b != want {
		t.Fatalf("Bounds = %+v, %v, want %+v", b, err, want)
	}
	for _, s := range collect(t, second, 10) {
		if s.Record.Nonce+1 != s.Seq {
			t.Errorf("record %d is at %d", s.Record.Nonce, s.Seq)
		}
	}
	again, err := second.Append(t.Context(), record(4), "4")
	if want := (engine.Appended{Position: at[4], Duplicate: true}); err != nil || again != want {
		t.Errorf("the repeated key answered %+v, %v, want %+v", again, err, want)
	}
}

func TestStore_HasANewEpochAfterAKill(t *testing.T) {
	dir := t.TempDir()
	last := kill(t, dir, 20)

	e := mustOpen(t, Config{DataDir: dir})
	b, err := e.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b.Epoch == last.Epoch {
		t.Errorf("the epoch is still %s", b.Epoch)
	}
	if b.Head < last.Seq {
		t.Errorf("the head is %d after an acknowledged %d", b.Head, last.Seq)
	}
	// The records stay, and so do their keys.
	got := collect(t, e, b.Head)
	again, err := e.Append(t.Context(), record(0), "0")
	if err != nil || !again.Duplicate || again.Position != (engine.Position{Epoch: b.Epoch, Seq: got[0].Seq}) {
		t.Errorf("a key of before answered %+v, %v", again, err)
	}
	next, err := e.Append(t.Context(), record(1000), "")
	if want := (engine.Position{Epoch: b.Epoch, Seq: b.Head + 1}); err != nil || next.Position != want {
		t.Errorf("the next record is at %v, %v, want %v", next.Position, err, want)
	}

	mustClose(t, e)
	if again, err := mustOpen(t, Config{DataDir: dir}).Bounds(t.Context()); err != nil || again.Epoch != b.Epoch {
		t.Errorf("the epoch is %q after a clean close, %v, want %q", again.Epoch, err, b.Epoch)
	}
}

// kill runs a child that appends to the store, kills it after some records, and
// returns the last position that it was told.
func kill(t *testing.T, dir string, records int) engine.Position {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), envChild+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var last engine.Position
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if last, err = engine.ParsePosition(strings.TrimSpace(lines.Text())); err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		if n == records {
			_ = child.Process.Kill() // the scan goes on to the end of what it said
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return last
}

// collect reads the records up to one by a Tail.
func collect(t *testing.T, e *Engine, upTo uint64) []engine.Stored {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []engine.Stored
	err := e.Tail(ctx, 0, func(batch []engine.Stored) error {
		got = append(got, batch...)
		if got[len(got)-1].Seq >= upTo {
			cancel()
		}
		return nil
	})
	if ctx.Err() == nil {
		t.Fatalf("Tail: %v", err)
	}
	return got
}

func TestStore_HasOneProcess(t *testing.T) {
	cfg := Config{DataDir: t.TempDir()}
	first := mustOpen(t, cfg)
	if _, err := Open(t.Context(), cfg, testLog()); !errors.Is(err, ErrConfig) {
		t.Errorf("Open: %v, want ErrConfig", err)
	}
	mustClose(t, first)
	mustOpen(t, cfg)
}

func TestStore_IsBrokenWithoutTheNewestRecord(t *testing.T) {
	cfg := Config{DataDir: t.TempDir()}
	first := mustOpen(t, cfg)
	if _, err := first.Append(t.Context(), record(0), ""); err != nil {
		t.Fatal(err)
	}
	mustClose(t, first)
	// As if the disk had not kept what the mark speaks of.
	mark := cleanMark{dir: cfg.DataDir}
	if err := mark.put(engine.Position{Epoch: *first.epoch.Load(), Seq: 2}); err != nil {
		t.Fatal(err)
	}
	if second := mustOpen(t, cfg); *second.epoch.Load() == *first.epoch.Load() {
		t.Error("the epoch is still the same")
	}
}
