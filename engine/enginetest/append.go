package enginetest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
)

func runAppend(t *testing.T, open func(t *testing.T) engine.Engine) {
	t.Helper()
	t.Run("an empty log has a valid epoch and nothing else", func(t *testing.T) {
		b := mustBounds(t, open(t))
		if b.First != b.Head+1 {
			t.Errorf("Bounds = %+v, want First == Head+1", b)
		}
		pos := engine.Position{Epoch: b.Epoch, Seq: b.Head}
		if parsed, err := engine.ParsePosition(pos.String()); err != nil || parsed != pos {
			t.Errorf("epoch %q does not make a position: %v", b.Epoch, err)
		}
	})

	t.Run("addresses are bytes, whatever they mean to others", func(t *testing.T) {
		eng := open(t)
		var want []engine.Address
		for _, name := range []string{"*", ">", "a.>", "a.b", "$JS.API.>", "_INBOX.x", "{a}", "a:b", "a b", "../a", "😀", "\u202ea", `'"\`} {
			want = append(want, engine.User(name))
		}
		var last engine.Position
		before := mustBounds(t, eng).Head
		for n := range want {
			rec := numbered(n)
			rec.To, rec.Except = want[n:n+1], string(want[n])
			last = mustAppend(t, eng, rec)
		}
		for n, s := range follow(t, eng, before).awaitSeq(t, last.Seq) {
			if len(s.Record.To) != 1 || s.Record.To[0] != want[n] || s.Record.Except != string(want[n]) {
				t.Errorf("record %d is for %q, want %q", n, s.Record.To, want[n])
			}
		}
	})

	t.Run("positions increase by exactly one", func(t *testing.T) {
		eng := open(t)
		before := mustBounds(t, eng)
		for n := range 100 {
			want := engine.Position{Epoch: before.Epoch, Seq: before.Head + uint64(n) + 1}
			if got := mustAppend(t, eng, numbered(n)); got != want {
				t.Fatalf("append %d is at %v, want %v", n, got, want)
			}
		}
		want := engine.Bounds{Epoch: before.Epoch, First: before.Head + 1, Head: before.Head + 100}
		if got := mustBounds(t, eng); got != want {
			t.Errorf("Bounds = %+v, want %+v", got, want)
		}
	})

	t.Run("two logs have two epochs", func(t *testing.T) {
		if a, b := mustBounds(t, open(t)), mustBounds(t, open(t)); a.Epoch == b.Epoch {
			t.Errorf("both are %q", a.Epoch)
		}
	})

	t.Run("every field comes back", func(t *testing.T) { roundTrip(t, open(t)) })

	t.Run("a context that has ended is an error", func(t *testing.T) {
		eng := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := eng.Append(ctx, numbered(1), ""); !errors.Is(err, context.Canceled) {
			t.Errorf("Append: %v, want context.Canceled", err)
		}
		if _, err := eng.Bounds(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Bounds: %v, want context.Canceled", err)
		}
	})
}

// roundTrip compares records after their way through the log. Times are exact to
// the millisecond.
func roundTrip(t *testing.T, eng engine.Engine) {
	t.Helper()
	now := time.Now().Truncate(time.Millisecond)
	records := []*engine.Record{
		{To: []engine.Address{engine.All}, Time: now},
		{
			Kind:   engine.Event,
			To:     []engine.Address{engine.User("Zoë/山 *.>"), engine.Topic("a.b/c d"), engine.Connection("=x"), engine.All},
			Name:   "notification",
			Body:   []byte("event: notification\ndata: {\"a\":\"\u2028\"}\ndata: \n\n"),
			Key:    "key with spaces",
			Slow:   engine.SlowConflate,
			Except: "connection-1",
			Public: true,
			ID:     "urn:uuid:é",
			Time:   now,
			TTL:    90 * time.Second,
			Origin: 1<<64 - 1,
			Nonce:  1<<63 + 1,
		},
		{Kind: engine.Disconnect, To: []engine.Address{engine.Connection("c")}, Time: now},
		{Kind: engine.Revoke, To: []engine.Address{engine.User("u")}, Time: now.Add(-time.Hour), Slow: engine.SlowDisconnect},
		{To: []engine.Address{engine.User("u")}, Body: []byte("data: " + strings.Repeat("x", 60<<10) + "\n\n"), Time: now, Slow: engine.SlowGap},
	}
	f := follow(t, eng, mustBounds(t, eng).Head)
	var last engine.Position
	for _, rec := range records {
		last = mustAppend(t, eng, rec)
	}
	for i, s := range f.awaitSeq(t, last.Seq) {
		got, want := *s.Record, *records[i]
		if !got.Time.Equal(want.Time) {
			t.Errorf("record %d: time %v, want %v", i, got.Time, want.Time)
		}
		if string(got.Body) != string(want.Body) {
			t.Errorf("record %d: %d bytes of body, want %d", i, len(got.Body), len(want.Body))
		}
		got.Time, got.Body, want.Time, want.Body = time.Time{}, nil, time.Time{}, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("record %d: got %+v, want %+v", i, got, want)
		}
	}
}
