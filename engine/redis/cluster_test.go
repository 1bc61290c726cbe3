package redis

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/hub/engine"
)

func lease(hub, boot string) engine.Lease {
	return engine.Lease{Hub: hub, Boot: boot, State: "serving", Since: time.Now().UTC().Truncate(time.Second), Head: 7}
}

func mustLeases(t *testing.T, e *Engine) []string {
	t.Helper()
	leases, err := e.Leases(t.Context())
	if err != nil {
		t.Fatalf("Leases: %v", err)
	}
	var hubs []string
	for _, l := range leases {
		hubs = append(hubs, l.Hub+"/"+l.Boot)
	}
	return hubs
}

func announce(t *testing.T, e *Engine, leases ...engine.Lease) {
	t.Helper()
	for _, l := range leases {
		if err := e.Announce(t.Context(), l); err != nil {
			t.Fatalf("Announce: %v", err)
		}
	}
}

func TestLeases_ComeInTheOrderOfTheirNames(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	other := sharedServer(t).open(t, Config{Namespace: e.cfg.Namespace})
	if got := mustLeases(t, e); got != nil {
		t.Errorf("leases %v in a new namespace", got)
	}
	want := lease("b", "1")
	announce(t, e, want, lease("c {x}", "1"))
	announce(t, other, lease("a", "1"), lease("b", "1"))
	if got := mustLeases(t, other); !slices.Equal(got, []string{"a/1", "b/1", "c {x}/1"}) {
		t.Errorf("leases %v", got)
	}
	if leases, _ := other.Leases(t.Context()); leases[1] != want {
		t.Errorf("got %+v, want %+v", leases[1], want)
	}
}

func TestLeases_ExpireAndAreForgotten(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	announce(t, e, lease("a", "1"), lease("b", "1"))
	key := e.names.hub + "a"
	left, err := e.client.Do(t.Context(), e.client.B().Pttl().Key(key).Build()).AsInt64()
	if ttl := time.Duration(left) * time.Millisecond; err != nil || ttl > engine.LeaseTTL || ttl < engine.LeaseTTL/2 {
		t.Errorf("the lease expires in %v, %v", ttl, err)
	}
	if err := e.client.Do(t.Context(), e.client.B().Pexpire().Key(key).Milliseconds(1).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the lease to expire", func() bool { return slices.Equal(mustLeases(t, e), []string{"b/1"}) })
	hubs, err := e.client.Do(t.Context(), e.client.B().Smembers().Key(e.names.hubs).Build()).AsStrSlice()
	if err != nil || !slices.Equal(hubs, []string{"b"}) {
		t.Errorf("the names are %v, %v", hubs, err)
	}
}

func TestLeases_AnOldStartDoesNotWithdrawTheNewOne(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	announce(t, e, lease("a", "1"), lease("a", "2"))
	for _, step := range []struct {
		boot string
		want []string
	}{{"1", []string{"a/2"}}, {"2", nil}, {"2", nil}} {
		if err := e.Withdraw(t.Context(), lease("a", step.boot)); err != nil {
			t.Fatalf("Withdraw: %v", err)
		}
		if got := mustLeases(t, e); !slices.Equal(got, step.want) {
			t.Errorf("leases %v after boot %s withdrew", got, step.boot)
		}
	}
}

// ask collects replies until there are n, or for a second.
func ask(t *testing.T, e *Engine, text string, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var got []string
	err := e.Ask(ctx, []byte(text), func(hub string, reply []byte) bool {
		got = append(got, hub+": "+string(reply))
		return len(got) < n
	})
	if err != nil {
		t.Errorf("Ask: %v", err)
	}
	slices.Sort(got)
	return got
}

func answer(t *testing.T, e *Engine, hub string, handle func(string) []byte) (stop func()) {
	t.Helper()
	stop, err := e.Answer(t.Context(), hub, func(q []byte) []byte { return handle(string(q)) })
	if err != nil {
		t.Fatalf("Answer: %v", err)
	}
	t.Cleanup(stop)
	return stop
}

func echo(q string) []byte { return []byte(q) }

func TestAsk_ReachesEveryHubAndItself(t *testing.T) {
	t.Parallel()
	a := sharedServer(t).open(t, Config{})
	b := sharedServer(t).open(t, Config{Namespace: a.cfg.Namespace})
	stranger := sharedServer(t).open(t, Config{})
	answer(t, a, "a", echo)
	stop := answer(t, b, "b\n", func(q string) []byte { return []byte(strings.ToUpper(q)) })
	answer(t, b, "silent", func(string) []byte { return nil })
	answer(t, stranger, "stranger", echo)
	if got := ask(t, a, "x\x00\n", 2); !slices.Equal(got, []string{"a: x\x00\n", "b\n: X\x00\n"}) {
		t.Errorf("replies %q", got)
	}
	stop()
	stop()
	if got := ask(t, b, "y", 2); !slices.Equal(got, []string{"a: y"}) {
		t.Errorf("replies %q after one hub stopped", got)
	}
}

func TestAsk_QuestionsAtTheSameTimeGetTheirOwnReplies(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	answer(t, e, "a", echo)
	answer(t, e, "b", echo)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			text := fmt.Sprintf("question %d", i)
			if got := ask(t, e, text, 2); !slices.Equal(got, []string{"a: " + text, "b: " + text}) {
				t.Errorf("replies %q", got)
			}
		})
	}
	wg.Wait()
	if n := len(e.subscriber.asking); n != 0 {
		t.Errorf("%d questions are remembered", n)
	}
}

func TestAnswer_SurvivesARestartOfTheServer(t *testing.T) {
	s := startServer(t)
	e := s.open(t, Config{})
	answer(t, e, "a", echo)
	s.end()
	s.start(t)
	eventually(t, "a reply", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		replied := false
		_ = e.Ask(ctx, []byte("x"), func(string, []byte) bool {
			replied = true
			return false
		})
		return replied
	})
}

func TestAnswer_RepliesOnlyToInboxesOfHubs(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	asked := make(chan string, 2)
	answer(t, e, "a", func(q string) []byte {
		asked <- q
		return nil
	})
	for _, q := range []question{
		{inbox: e.names.transients, token: "t", text: []byte("evil")},
		{inbox: e.names.inbox, token: "t", text: []byte("good")},
	} {
		if err := e.spublish(t.Context(), e.names.questions, q.encode()); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-asked; got != "good" {
		t.Errorf("asked %q", got)
	}
}
