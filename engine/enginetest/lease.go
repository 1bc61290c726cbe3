package enginetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
)

// clustered is an engine with what hubs need to know of each other.
type clustered interface {
	engine.Engine
	engine.Cluster
}

// mustCluster opens an engine, which has to be a Cluster as well.
func mustCluster(t *testing.T, open func(t *testing.T) engine.Engine) clustered {
	t.Helper()
	c, ok := open(t).(clustered)
	if !ok {
		t.Fatal("the engine is no engine.Cluster")
	}
	return c
}

func runLeases(t *testing.T, open func(t *testing.T) engine.Engine) {
	t.Helper()
	t.Run("are listed by name with all that they say", func(t *testing.T) {
		c := mustCluster(t, open)
		wantHubs(t, c, "")
		since := time.Now().UTC().Truncate(time.Millisecond)
		for _, name := range []string{"hub-b", "hub c/ü.*", "hub-a"} {
			announce(t, c, engine.Lease{Hub: name, Boot: "1", Version: "v", State: "serving", Since: since, Connections: 3, Users: 2, Head: 1 << 40})
		}
		wantHubs(t, c, "hub c/ü.*,hub-a,hub-b")
		got := mustLeases(t, c)[1]
		want := engine.Lease{Hub: "hub-a", Boot: "1", Version: "v", State: "serving", Since: got.Since, Connections: 3, Users: 2, Head: 1 << 40}
		if got != want || !got.Since.Equal(since) {
			t.Errorf("got %+v, want %+v since %v", got, want, since)
		}
	})

	t.Run("are renewed with what is new", func(t *testing.T) {
		c := mustCluster(t, open)
		l := engine.Lease{Hub: "a", Boot: "1", State: "serving"}
		announce(t, c, l)
		l.State, l.Connections = "draining", 7
		announce(t, c, l)
		got := mustLeases(t, c)
		if len(got) != 1 || got[0].State != "draining" || got[0].Connections != 7 {
			t.Errorf("got %+v", got)
		}
	})

	t.Run("are withdrawn, but not that of the hub's next start", func(t *testing.T) {
		c := mustCluster(t, open)
		first := engine.Lease{Hub: "a", Boot: "1", Since: time.Now().Add(-time.Hour)}
		announce(t, c, first)
		announce(t, c, engine.Lease{Hub: "b", Boot: "1"})
		next := engine.Lease{Hub: "a", Boot: "2", Since: time.Now()}
		announce(t, c, next)
		withdraw(t, c, first)
		wantHubs(t, c, "a,b")
		if got := mustLeases(t, c)[0].Boot; got != "2" {
			t.Errorf("boot %s, want that of the next start", got)
		}
		withdraw(t, c, next)
		wantHubs(t, c, "b")
		withdraw(t, c, next) // what is gone is gone
	})

	t.Run("end with the context and the engine", func(t *testing.T) {
		c := mustCluster(t, open)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Announce(over, engine.Lease{Hub: "a"}); err == nil {
			t.Error("announced after the context's end")
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Leases(t.Context()); err == nil {
			t.Error("a closed engine has leases")
		}
	})
}

func announce(t *testing.T, c engine.Cluster, l engine.Lease) {
	t.Helper()
	if err := c.Announce(t.Context(), l); err != nil {
		t.Fatalf("Announce: %v", err)
	}
}

func withdraw(t *testing.T, c engine.Cluster, l engine.Lease) {
	t.Helper()
	if err := c.Withdraw(t.Context(), l); err != nil {
		t.Fatalf("Withdraw: %v", err)
	}
}

func mustLeases(t *testing.T, c engine.Cluster) []engine.Lease {
	t.Helper()
	leases, err := c.Leases(t.Context())
	if err != nil {
		t.Fatalf("Leases: %v", err)
	}
	return leases
}

// wantHubs fails unless these hubs are alive, in this order.
func wantHubs(t *testing.T, c engine.Cluster, want string) {
	t.Helper()
	var names []string
	for _, l := range mustLeases(t, c) {
		names = append(names, l.Hub)
	}
	if got := strings.Join(names, ","); got != want || !slices.IsSorted(names) {
		t.Errorf("alive are %q, want %q", got, want)
	}
}
