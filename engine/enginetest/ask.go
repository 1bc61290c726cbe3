package enginetest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.org/hub/engine"
)

func runAsk(t *testing.T, open func(t *testing.T) engine.Engine) {
	t.Helper()
	t.Run("every hub answers every question", func(t *testing.T) {
		c := mustCluster(t, open)
		names := []string{"a", "b", "c ü/*"}
		for _, name := range names {
			answer(t, c, name, func(q []byte) []byte { return []byte(name + " got " + string(q)) })
		}
		for i := range 3 {
			q := "question " + strconv.Itoa(i)
			for hub, reply := range ask(t, c, q, len(names)) {
				if want := hub + " got " + q; reply != want {
					t.Errorf("%s replied %q, want %q", hub, reply, want)
				}
			}
		}
	})

	t.Run("a hub without a reply is silent, one that has stopped too", func(t *testing.T) {
		c := mustCluster(t, open)
		answer(t, c, "mute", func([]byte) []byte { return nil })
		stop := answer(t, c, "leaves", func([]byte) []byte { return []byte("x") })
		answer(t, c, "stays", func([]byte) []byte { return []byte("y") })
		ask(t, c, "before", 2)
		stop()
		stop() // may be called again
		if got := ask(t, c, "after", 1); got["stays"] != "y" {
			t.Errorf("got %v", got)
		}
	})

	t.Run("replies of others do not come", func(t *testing.T) {
		c := mustCluster(t, open)
		answer(t, c, "echo", slices.Clone[[]byte])
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				q := strings.Repeat("q", i+1)
				if got := ask(t, c, q, 1); got["echo"] != q {
					t.Errorf("asked %q, got %v", q, got)
				}
			})
		}
		wg.Wait()
	})

	t.Run("ends with the context, for both sides", func(t *testing.T) {
		c := mustCluster(t, open)
		life, end := context.WithCancel(t.Context())
		asked, release := make(chan struct{}), make(chan struct{})
		stop, err := c.Answer(life, "slow", func([]byte) []byte {
			close(asked)
			<-release
			return []byte("late")
		})
		if err != nil {
			t.Fatalf("Answer: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- c.Ask(ctx, []byte("q"), func(string, []byte) bool {
				t.Error("a reply came after the end")
				return true
			})
		}()
		<-asked
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Ask: %v, want nil at the context's end", err)
		}
		close(release)
		end()
		stop()
	})
}

// answer has a hub reply until the test ends.
func answer(t *testing.T, c engine.Cluster, hub string, handle func([]byte) []byte) (stop func()) {
	t.Helper()
	stop, err := c.Answer(t.Context(), hub, handle)
	if err != nil {
		t.Fatalf("Answer: %v", err)
	}
	t.Cleanup(stop)
	return stop
}

// ask returns so many replies by hub. It may be called by any goroutine.
func ask(t *testing.T, c engine.Cluster, question string, want int) map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got := make(map[string]string)
	err := c.Ask(ctx, []byte(question), func(hub string, reply []byte) bool {
		if _, again := got[hub]; again {
			t.Errorf("%s replied twice", hub)
		}
		got[hub] = string(reply)
		return len(got) < want
	})
	if err != nil || len(got) != want {
		t.Errorf("Ask: %v with %d replies, want %d", err, len(got), want)
	}
	return got
}
