package memory

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func TestEngine_LeaseEndsUnlessRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newTestEngine(t, Config{})
		for _, hub := range []string{"renews", "crashed"} {
			if err := eng.Announce(t.Context(), engine.Lease{Hub: hub}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(engine.LeaseEvery)
		if err := eng.Announce(t.Context(), engine.Lease{Hub: "renews"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(engine.LeaseTTL - engine.LeaseEvery - 1)
		if got, err := eng.Leases(t.Context()); len(got) != 2 || err != nil {
			t.Errorf("before the TTL: %v, %v", got, err)
		}
		time.Sleep(time.Nanosecond)
		if got, err := eng.Leases(t.Context()); len(got) != 1 || got[0].Hub != "renews" || err != nil {
			t.Errorf("after the TTL: %v, %v", got, err)
		}
	})
}

func TestEngine_CloseEndsQuestions(t *testing.T) {
	eng := New(Config{})
	release := make(chan struct{})
	asked := make(chan struct{})
	stop, err := eng.Answer(t.Context(), "stuck", func([]byte) []byte {
		close(asked)
		<-release
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- eng.Ask(t.Context(), nil, func(string, []byte) bool { return true }) }()
	<-asked
	_ = eng.Close()
	if err := <-done; !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Ask: %v, want ErrClosed", err)
	}
	if err := eng.Ask(t.Context(), nil, nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Ask: %v, want ErrClosed", err)
	}
	close(release)
	stop()
}
