package redis

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
)

// put adds an entry to the stream that the engine did not write.
func put(t *testing.T, e *Engine, id, field, value string) {
	t.Helper()
	cmd := e.client.B().Xadd().Key(e.names.log).Id(id).FieldValue().FieldValue(field, value).Build()
	if err := e.client.Do(t.Context(), cmd).Error(); err != nil {
		t.Fatal(err)
	}
}

func TestTail_LeavesThePlaceOfWhatIsNoRecordAndCountsIt(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	f := follow(t, e)
	first := mustAppend(t, e, 1, "")
	put(t, e, "0-*", first.Position.Epoch, "\x01poison")
	put(t, e, "0-*", first.Position.Epoch, "")
	last := mustAppend(t, e, 2, "")
	f.awaitNumber(t, 2)
	got := f.seen()
	if len(got) != 4 || got[3].Seq != last.Position.Seq || last.Position.Seq != 4 {
		t.Errorf("got %+v, the last record is at %v", got, last.Position)
	}
	for _, s := range got[1:3] {
		if len(s.Record.To) != 0 { // it only keeps its place
			t.Errorf("record %d is for %v", s.Seq, s.Record.To)
		}
	}
	if s := e.Stats(); s.BadRecords != 2 || s.Relinks != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestEngine_IsUpUntilItIsClosed(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	f := follow(t, e)
	eventually(t, "the engine to be up", e.Up)
	f.stop()
	_ = f.awaitEnd(t)
	eventually(t, "the engine to be up without a tail", e.Up)
	_ = e.Close()
	if e.Up() {
		t.Error("up after Close")
	}
}

func TestTail_CountsTransientRecordsThatAreNone(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	if err := e.subscriber.await(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.spublish(t.Context(), e.names.transients, []byte("poison")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the count", func() bool { return e.Stats().BadRecords == 1 })
}

func TestTail_SlowerThanRetentionIsTruncated(t *testing.T) {
	e := sharedServer(t).open(t, Config{MaxRecords: 10})
	mustAppend(t, e, 0, "")
	gate := make(chan struct{})
	end := make(chan error, 1)
	go func() {
		end <- e.Tail(t.Context(), 0, func([]engine.Stored) error {
			<-gate
			return nil
		})
	}()
	appendNumbers(t, e, 1, 3000)
	close(gate)
	if err := <-end; !errors.Is(err, engine.ErrTruncated) {
		t.Errorf("Tail: %v, want ErrTruncated", err)
	}
}

func TestRetention_ByAge(t *testing.T) {
	t.Parallel()
	e := sharedServer(t).open(t, Config{MaxAge: 500 * time.Millisecond})
	appendNumbers(t, e, 0, 10)
	eventually(t, "the records to go", func() bool {
		b := mustBounds(t, e)
		return b.First == 11 && b.Head == 10
	})
	if got := mustAppend(t, e, 10, ""); got.Position.Seq != 11 {
		t.Errorf("the next record is at %v", got.Position)
	}
	if b := mustBounds(t, e); b.First != 11 || b.Head != 11 {
		t.Errorf("Bounds = %+v", b)
	}
}

func TestRetention_ByBytes(t *testing.T) {
	t.Parallel()
	const burst, size = 20, 1000
	e := sharedServer(t).open(t, Config{MaxBytes: 3 * burst * size, MaxAge: time.Minute})
	rec := numbered(0)
	rec.Body = make([]byte, size)
	for n := range 5 {
		for range burst {
			if _, err := e.Append(t.Context(), rec, ""); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "a mark", func() bool { // one a second
			if err := e.trim(t.Context()); err != nil {
				t.Fatal(err)
			}
			marks, err := e.client.Do(t.Context(), e.client.B().Zrange().Key(e.names.marks).Min("-1").Max("-1").Build()).AsStrSlice()
			return err == nil && len(marks) == 1 && strings.HasPrefix(marks[0], strconv.Itoa((n+1)*burst)+":")
		})
	}
	// Records 21 and later take more than MaxBytes, 41 and later do not.
	if b := mustBounds(t, e); b.First != 2*burst+1 && b.First != burst+1 || b.Head != 5*burst {
		t.Errorf("Bounds = %+v", b)
	}
}

func TestRetention_MarksAreFew(t *testing.T) {
	e := sharedServer(t).open(t, Config{MaxAge: time.Hour})
	for n := range 20 {
		mustAppend(t, e, n, "")
		if err := e.trim(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	n, err := e.client.Do(t.Context(), e.client.B().Zcard().Key(e.names.marks).Build()).AsInt64()
	if err != nil || n > 3 {
		t.Errorf("%d marks, %v", n, err)
	}
}

func TestAppend_KeysAreSharedByAllHubsAndExpire(t *testing.T) {
	a := sharedServer(t).open(t, Config{})
	b := sharedServer(t).open(t, Config{Namespace: a.cfg.Namespace})
	key := "a key\x00with ] { and } \u2028"
	first := mustAppend(t, a, 1, key)
	again := mustAppend(t, b, 1, key)
	if !again.Duplicate || again.Position != first.Position {
		t.Errorf("%+v after %+v", again, first)
	}
	left, err := a.client.Do(t.Context(), a.client.B().Pttl().Key(a.names.usedKey(key)).Build()).AsInt64()
	if ttl := time.Duration(left) * time.Millisecond; err != nil || ttl > engine.IdempotencyTTL || ttl < engine.IdempotencyTTL/2 {
		t.Errorf("the key expires in %v, %v", ttl, err)
	}
	transient := numbered(2)
	transient.Transient = true
	if got, err := b.Append(t.Context(), transient, key); err != nil || !got.Duplicate || got.Position != first.Position {
		t.Errorf("a transient record with the same key: %+v, %v", got, err)
	}
}

func TestAppend_ManyAtOnceGetTheirOwnAnswers(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	reqs := make([]*request, 2*maxCall)
	for i := range reqs {
		reqs[i] = &request{data: []byte(strconv.Itoa(i)), until: time.Now().Add(within), done: make(chan result, 1)}
		if i%3 == 0 { // every third with a key, each key twice
			reqs[i].key = e.names.usedKey(strconv.Itoa(i / 6))
		}
	}
	for _, r := range reqs {
		e.requests <- r
	}
	at, duplicates := make(map[uint64]int), 0
	for i, r := range reqs {
		res := <-r.done
		if res.err != nil {
			t.Fatal(res.err)
		}
		if res.appended.Duplicate {
			duplicates++
			continue
		}
		at[res.appended.Position.Seq] = i
	}
	if stored := len(at); stored+duplicates != len(reqs) || duplicates != len(reqs)/6 {
		t.Errorf("%d stored and %d duplicates of %d", stored, duplicates, len(reqs))
	}
	found, err := e.client.Do(t.Context(), e.client.B().Xrange().Key(e.names.log).Start("-").End("+").Build()).ToArray()
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		if got, err := parseEntry(&found[i]); err != nil || string(got.record) != strconv.Itoa(at[got.seq]) {
			t.Fatalf("seq %d holds %q, %v, its caller was number %d", got.seq, got.record, err, at[got.seq])
		}
	}
}

func TestAppend_WhatNobodyWaitsForIsNotSent(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	given := &request{data: []byte("x"), until: time.Now().Add(within), done: make(chan result, 1)}
	given.take()
	late := &request{data: []byte("y"), until: time.Now(), done: make(chan result, 1)}
	e.requests <- given
	e.requests <- late
	if res := <-late.done; !errors.Is(res.err, errLate) {
		t.Errorf("a late request: %+v", res)
	}
	mustAppend(t, e, 1, "")
	if b := mustBounds(t, e); b.Head != 1 {
		t.Errorf("Bounds = %+v", b)
	}
}

func TestOpen_RefusesALogThatIsSpreadOtherwise(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	cmd := e.client.B().Hset().Key(e.names.meta).FieldValue().FieldValue("shards", "4").Build()
	if err := e.client.Do(t.Context(), cmd).Error(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(context.Background(), Config{URL: sharedServer(t).url(), Namespace: e.cfg.Namespace}, quiet())
	if err == nil {
		t.Fatal("Open took a log of 4 streams")
	}
}
