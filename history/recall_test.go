package history_test

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

// counting is an engine that counts how often it is read.
type counting struct {
	*memory.Engine
	tails atomic.Int32
	hold  chan struct{} // if set, a tail waits for it
}

func (e *counting) Tail(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
	e.tails.Add(1)
	if e.hold != nil {
		<-e.hold
	}
	return e.Engine.Tail(ctx, after, deliver)
}

// recalling returns a log whose window keeps the last 8 of 30 records, which are for
// alice, bob and everybody in turn.
func recalling(t *testing.T, retained memory.Config, cfg history.Config) (*history.Log, *counting) {
	t.Helper()
	eng := &counting{Engine: newEngine(t, retained)}
	cfg.MaxEvents = 8
	l := open(t, eng, cfg, new(hub))
	to := []engine.Address{"user/alice", "user/bob", engine.All}
	for i := range 30 {
		r := &engine.Record{To: []engine.Address{to[i%3]}, Name: strconv.Itoa(i % 2), Body: []byte(strconv.Itoa(i+1) + " ")}
		mustAppend(t, l, r, "").Wait(t.Context())
	}
	return l, eng
}

func query(l *history.Log, seq uint64) history.Query {
	return history.Query{
		LastEventID: engine.Position{Epoch: l.Window().Epoch(), Seq: seq}.String(),
		UpTo:        l.Window().Head(),
		Addresses:   []engine.Address{"user/alice", engine.All},
	}
}

// resume does what an attach does.
func resume(t *testing.T, l *history.Log, q history.Query) (string, string) {
	t.Helper()
	q.Recalled, _ = l.Prepare(t.Context(), q)
	entries, gap := l.Window().Replay(q)
	if gap == nil {
		return joined(entries), ""
	}
	return joined(entries), fmt.Sprintf("%s: %s to %s", gap.Reason, numberOf(gap.From), numberOf(gap.To))
}

func numberOf(position string) string {
	pos, err := engine.ParsePosition(position)
	if err != nil {
		return position
	}
	return strconv.FormatUint(pos.Seq, 10)
}

func TestLog_RecallsWhatTheWindowHasDropped(t *testing.T) {
	for _, tt := range []struct {
		name     string
		retained memory.Config
		cfg      history.Config
		after    uint64
		upTo     uint64 // 0 for the head
		events   string // only those of this name
		every    bool   // of all addresses
		want     string
		gap      string
	}{
		{name: "all of it", want: "1 3 4 6 7 9 10 12 13 15 16 18 19 21 22 24 25 27 28 30 "},
		{name: "from the middle", after: 13, want: "15 16 18 19 21 22 24 25 27 28 30 "},
		{name: "the window has it", after: 22, want: "24 25 27 28 30 "},
		{name: "the engine has dropped some", retained: memory.Config{MaxRecords: 20}, after: 2, want: "12 13 15 16 18 19 21 22 24 25 27 28 30 ", gap: "expired: 3 to 10"},
		{name: "more than a replay may have", cfg: history.Config{MaxReplay: 12}, after: 2, want: "13 15 16 18 19 21 22 24 25 27 28 30 ", gap: "limit: 3 to 12"},
		{name: "more than a replay may have in the window", cfg: history.Config{MaxReplay: 3}, after: 2, want: "27 28 30 ", gap: "limit: 3 to 25"},
		{name: "too much for the engine and for a replay", retained: memory.Config{MaxRecords: 20}, cfg: history.Config{MaxReplay: 12}, want: "13 15 16 18 19 21 22 24 25 27 28 30 ", gap: "expired: 1 to 12"},
		{name: "one event type", events: "0", after: 2, want: "3 7 9 13 15 19 21 25 27 "},
		{name: "those of every address", every: true, after: 17, want: "18 19 20 21 22 23 24 25 26 27 28 29 30 "},
		{name: "later ones come live", after: 2, upTo: 10, want: "3 4 6 7 9 10 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := recalling(t, tt.retained, tt.cfg)
			q := query(l, tt.after)
			if tt.upTo > 0 {
				q.UpTo = tt.upTo
			}
			if tt.every {
				q.Addresses = []engine.Address{history.Every}
			}
			if tt.events != "" {
				q.Match = func(r *engine.Record) bool { return r.Name == tt.events }
			}
			got, gap := resume(t, l, q)
			if got != tt.want || gap != tt.gap {
				t.Errorf("got %q, gap %q\nwant %q, gap %q", got, gap, tt.want, tt.gap)
			}
		})
	}
}

func TestLog_RecallsNothingForPositionsOfOtherLogs(t *testing.T) {
	l, eng := recalling(t, memory.Config{}, history.Config{})
	before := eng.tails.Load()
	for _, id := range []string{"", "x-1", "malformed", l.Window().Epoch() + "-22", l.Window().Epoch() + "-30"} {
		q := query(l, 0)
		q.LastEventID = id
		if found, err := l.Prepare(t.Context(), q); found != nil || err != nil {
			t.Errorf("something was recalled for %q", id)
		}
	}
	if n := eng.tails.Load() - before; n != 0 {
		t.Errorf("the engine was read %d times", n)
	}
}

func TestLog_ReadsNothingFromAnEngineThatHasNoMoreThanTheWindow(t *testing.T) {
	l, eng := recalling(t, memory.Config{MaxRecords: 8}, history.Config{})
	before := eng.tails.Load()
	if got, gap := resume(t, l, query(l, 0)); got != "24 25 27 28 30 " || gap != "expired: 1 to 22" {
		t.Errorf("got %q, gap %q", got, gap)
	}
	if n := eng.tails.Load() - before; n != 0 {
		t.Errorf("the engine was read %d times", n)
	}
}

func TestLog_OneScanIsForAllThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, eng := recalling(t, memory.Config{}, history.Config{})
		eng.hold = make(chan struct{})
		var clients sync.WaitGroup
		ask := func(n int) {
			for i := range n {
				clients.Go(func() {
					got, gap := resume(t, l, query(l, uint64(i%20)))
					if got == "" || gap != "" {
						t.Errorf("client %d got %q, gap %q", i, got, gap)
					}
				})
			}
			synctest.Wait()
		}
		ask(1)
		ask(100) // while the scan for the first is held up
		close(eng.hold)
		clients.Wait()
		if scans, records := l.Scans(); scans != 2 || records > 60 {
			t.Errorf("%d scans of %d records for 101 clients", scans, records)
		}
	})
}

func TestLog_CloseEndsARecall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, eng := recalling(t, memory.Config{}, history.Config{})
		eng.hold = make(chan struct{})
		done := make(chan *history.Recalled)
		go func() {
			found, _ := l.Prepare(t.Context(), query(l, 3))
			done <- found
		}()
		synctest.Wait()
		go l.Close()
		synctest.Wait()
		close(eng.hold)
		if <-done != nil {
			t.Error("a scan that was ended found something")
		}
		l.Close()
		if found, err := l.Prepare(t.Context(), query(l, 3)); found != nil || err != nil {
			t.Error("something was recalled by a log that is closed")
		}
	})
}

func TestLog_ARecallOfTooManyBytesKeepsTheNewest(t *testing.T) {
	l, _ := recalling(t, memory.Config{}, history.Config{MaxBytes: 2000}) // about ten entries
	got, gap := resume(t, l, query(l, 0))
	var cut int
	if _, err := fmt.Sscanf(gap, "limit: 1 to %d", &cut); err != nil || cut < 5 || cut > 22 {
		t.Fatalf("gap %q", gap)
	}
	var want strings.Builder
	for seq := cut + 1; seq <= 30; seq++ {
		if seq%3 != 2 {
			want.WriteString(strconv.Itoa(seq) + " ")
		}
	}
	if got != want.String() {
		t.Errorf("got %q, want %q", got, want.String())
	}
}

// One client asks for everything, and at the same time another for little.
func TestLog_ARecallOfTooManyBytesCostsWhoWantsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := &counting{Engine: newEngine(t, memory.Config{})}
		l := open(t, eng, history.Config{MaxEvents: 8, MaxBytes: 2000}, new(hub)) // about ten entries
		for i := range 30 {
			to := engine.Address("user/bob")
			if i == 3 || i == 16 {
				to = "user/alice"
			}
			mustAppend(t, l, &engine.Record{To: []engine.Address{to}, Body: []byte(strconv.Itoa(i+1) + " ")}, "").Wait(t.Context())
		}
		eng.hold = make(chan struct{})
		var clients sync.WaitGroup
		ask := func(want, gap string, addresses ...engine.Address) {
			q := query(l, 0)
			q.Addresses = addresses
			clients.Go(func() {
				got, gotGap := resume(t, l, q)
				if !strings.HasPrefix(gotGap, gap) || (gap == "" && (gotGap != "" || got != want)) {
					t.Errorf("%v: got %q, gap %q", addresses, got, gotGap)
				}
			})
			synctest.Wait()
		}
		ask("4 17 ", "", "user/alice") // whose scan the others wait for
		ask("4 17 ", "", "user/alice", engine.All)
		ask("", "limit: ", history.Every)
		close(eng.hold)
		clients.Wait()
		if scans, _ := l.Scans(); scans != 2 {
			t.Errorf("%d scans", scans)
		}
	})
}

// dropping is an engine to which more is appended while it is read from the start.
type dropping struct {
	*memory.Engine
	during func()
}

func (e *dropping) Tail(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
	if e.during != nil && after == 0 {
		defer e.during()
	}
	return e.Engine.Tail(ctx, after, deliver)
}

func TestLog_WhatTheWindowDropsAfterARecallIsAGap(t *testing.T) {
	eng := &dropping{Engine: newEngine(t, memory.Config{})}
	l := open(t, eng, history.Config{MaxEvents: 8}, new(hub))
	add := func(n int) {
		for range n {
			mustAppend(t, l, rec("x "), "").Wait(t.Context())
		}
	}
	add(30)
	eng.during = func() { add(20) }
	q := query(l, 0)
	q.UpTo = math.MaxUint64
	got, gap := resume(t, l, q)
	if got != "x x x x x x x x " || gap != "expired: 1 to 42" {
		t.Errorf("got %q, gap %q", got, gap)
	}
}
