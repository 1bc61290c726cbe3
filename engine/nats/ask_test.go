package nats

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"example.org/hub/engine"
)

func TestAsk_GathersFromAllHubs(t *testing.T) {
	s := startExternal(t, t.TempDir(), -1, nil)
	cfg := Config{URLs: []string{s.ClientURL()}}
	a, b := mustOpen(t, cfg), mustOpen(t, cfg)
	echo := func(question []byte) []byte { return append([]byte("re: "), question...) }
	answer(t, a, "a", echo)
	answer(t, b, "Hub b/ü", echo)
	answer(t, b, "silent", func([]byte) []byte { return nil })
	answer(t, a, "empty", func([]byte) []byte { return []byte{} })

	want := map[string]string{"a": "re: who?", "Hub b/ü": "re: who?", "empty": ""}
	got := make(map[string]string)
	err := b.Ask(t.Context(), []byte("who?"), func(hub string, reply []byte) bool {
		got[hub] = string(reply)
		return len(got) < len(want)
	})
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestAsk_EndsWithItsContext(t *testing.T) {
	e := mustOpen(t, Config{})
	stop := answer(t, e, "a", func(q []byte) []byte { return q })
	ask := func() (n int) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := e.Ask(ctx, []byte("?"), func(string, []byte) bool {
			n++
			return true
		})
		if err != nil {
			t.Errorf("Ask: %v", err)
		}
		return n
	}
	if n := ask(); n != 1 {
		t.Errorf("%d answers, want 1", n)
	}
	stop()
	if n := ask(); n != 0 {
		t.Errorf("%d answers after stop", n)
	}
}

func TestAnswer_StopWaitsForTheQuestionInHand(t *testing.T) {
	e := mustOpen(t, Config{})
	in, out := make(chan struct{}), make(chan struct{})
	ended := false
	stop := answer(t, e, "a", func([]byte) []byte {
		close(in)
		<-out
		ended = true
		return nil
	})
	if err := e.nc.Publish(e.names.question, nil); err != nil {
		t.Fatal(err)
	}
	<-in
	stopped := make(chan struct{})
	go func() {
		stop()
		close(stopped)
	}()
	select {
	case <-stopped:
		t.Error("stop did not wait")
	case <-time.After(20 * time.Millisecond):
	}
	close(out)
	<-stopped
	if !ended {
		t.Error("the question was not answered to the end")
	}
}

func TestCluster_EndsWithClose(t *testing.T) {
	e := mustOpen(t, Config{})
	mustClose(t, e)
	if err := e.Ask(t.Context(), nil, nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Ask: %v, want ErrClosed", err)
	}
	if _, err := e.Answer(t.Context(), "a", nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Answer: %v, want ErrClosed", err)
	}
	if err := e.Announce(t.Context(), engine.Lease{}); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Announce: %v, want ErrClosed", err)
	}
	if _, err := e.Leases(t.Context()); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Leases: %v, want ErrClosed", err)
	}
}

func answer(t *testing.T, e *Engine, hub string, handle func([]byte) []byte) (stop func()) {
	t.Helper()
	stop, err := e.Answer(t.Context(), hub, handle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return stop
}

func FuzzSplitReply(f *testing.F) {
	f.Add(joinReply("hub", []byte("reply")))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		hub, reply, ok := splitReply(b)
		if !ok {
			return
		}
		if again, rest, ok := splitReply(joinReply(hub, reply)); !ok || again != hub || string(rest) != string(reply) {
			t.Fatalf("%q and %q became %q and %q", hub, reply, again, rest)
		}
	})
}
