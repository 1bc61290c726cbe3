package redis

import (
	"errors"
	"testing"

	"example.org/hub/engine"
)

// goBack takes the server to the state that it saved, and runs meanwhile on it
// while the engines cannot reach it.
func goBack(t *testing.T, s *redisServer, meanwhile func(hidden *redisServer)) {
	t.Helper()
	s.end()
	if meanwhile != nil {
		hidden := &redisServer{dir: s.dir}
		hidden.start(t)
		meanwhile(hidden)
		hidden.stop()
	}
	s.start(t)
}

func save(t *testing.T, e *Engine) {
	t.Helper()
	if err := e.client.Do(t.Context(), e.client.B().Arbitrary("SAVE").Build()).Error(); err != nil {
		t.Fatal(err)
	}
}

func appendNumbers(t *testing.T, e *Engine, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		mustAppend(t, e, n, "")
	}
}

func TestEngine_NoticesALogThatEndsTooEarly(t *testing.T) {
	s := startServer(t)
	e := s.open(t, Config{})
	appendNumbers(t, e, 1, 11)
	save(t, e)
	appendNumbers(t, e, 11, 21)
	f := follow(t, e)
	f.awaitNumber(t, 20)
	before := mustBounds(t, e)
	goBack(t, s, nil) // 11 to 20 are lost
	if err := f.awaitEnd(t); !errors.Is(err, engine.ErrTruncated) {
		t.Errorf("Tail: %v, want ErrTruncated", err)
	}
	if b := mustBounds(t, e); b.Epoch == before.Epoch {
		t.Errorf("Bounds = %+v after %+v", b, before)
	}
}

// Without a look at the record itself the tail would go on at 21, where other
// records than 11 to 20 have come before.
func TestEngine_NoticesThatOtherRecordsHaveTakenTheirPlace(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.open(t, Config{Namespace: "same"})
	appendNumbers(t, e, 1, 11)
	save(t, e)
	appendNumbers(t, e, 11, 21)
	f := follow(t, e)
	f.awaitNumber(t, 20)
	before := mustBounds(t, e)
	goBack(t, s, func(hidden *redisServer) {
		other := hidden.open(t, Config{Namespace: "same"})
		appendNumbers(t, other, 101, 131)
		if b := mustBounds(t, other); b.Epoch != before.Epoch || b.Head != 40 {
			t.Fatalf("the other hub is at %+v", b)
		}
		save(t, other)
		_ = other.Close()
	})
	if err := f.awaitEnd(t); !errors.Is(err, engine.ErrTruncated) {
		t.Errorf("Tail: %v, want ErrTruncated", err)
	}
	if n := len(f.seen()); n != 20 {
		t.Errorf("%d records were delivered, want 20", n)
	}
	if b := mustBounds(t, e); b.Epoch == before.Epoch {
		t.Errorf("Bounds = %+v after %+v", b, before)
	}
}

// A publisher alone notices as well, and its record is in the new log.
func TestEngine_AppendNoticesALogThatEndsTooEarly(t *testing.T) {
	s := startServer(t)
	e := s.open(t, Config{})
	appendNumbers(t, e, 1, 11)
	save(t, e)
	appendNumbers(t, e, 11, 21)
	before := mustBounds(t, e)
	goBack(t, s, nil)
	got := mustEventually(t, e, 21)
	if got.Position.Epoch == before.Epoch || got.Position.Seq != 1 {
		t.Errorf("record 21 is at %v after %+v", got.Position, before)
	}
}

func TestEngine_NoticesAnEvictedLog(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	appendNumbers(t, e, 1, 11)
	other := sharedServer(t).open(t, Config{Namespace: e.cfg.Namespace}) // knows of no record
	if err := e.client.Do(t.Context(), e.client.B().Del().Key(e.names.log).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	before := e.witness.now().epoch
	if got := mustAppend(t, other, 11, ""); got.Position.Epoch == before || got.Position.Seq != 1 {
		t.Errorf("record 11 is at %v after epoch %s", got.Position, before)
	}
}
