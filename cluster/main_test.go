package cluster

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errCut = errors.New("cut off")

// cuttable is a Cluster that a test can cut off from the others, and that counts
// the questions.
type cuttable struct {
	engine.Cluster
	cut   atomic.Bool
	asked atomic.Int32
}

func (c *cuttable) Announce(ctx context.Context, l engine.Lease) error {
	if c.cut.Load() {
		return errCut
	}
	return c.Cluster.Announce(ctx, l)
}

func (c *cuttable) Leases(ctx context.Context) ([]engine.Lease, error) {
	if c.cut.Load() {
		return nil, errCut
	}
	return c.Cluster.Leases(ctx)
}

func (c *cuttable) Answer(ctx context.Context, hub string, reply func([]byte) []byte) (func(), error) {
	return c.Cluster.Answer(ctx, hub, func(question []byte) []byte {
		if c.cut.Load() {
			return nil
		}
		return reply(question)
	})
}

func (c *cuttable) Ask(ctx context.Context, q []byte, answer func(string, []byte) bool) error {
	c.asked.Add(1)
	if c.cut.Load() {
		return errCut
	}
	return c.Cluster.Ask(ctx, q, answer)
}

func newEngine(t *testing.T) *memory.Engine {
	t.Helper()
	eng := memory.New(memory.Config{})
	t.Cleanup(func() { _ = eng.Close() })
	return eng
}

func newMember(c engine.Cluster, hub string) *Member {
	return New(Config{
		Cluster: c, Hub: hub, Boot: "boot-of-" + hub, Version: "v",
		Figures: func() (int64, int64, uint64) { return 3, 2, 1 },
	})
}

// join makes a member that answers with its name and the kind of the question.
func join(t *testing.T, c engine.Cluster, hub string) *Member {
	t.Helper()
	return joinWith(t, c, hub, func(q Question) []byte { return []byte(`"` + hub + " " + string(q.Kind) + `"`) })
}

func joinWith(t *testing.T, c engine.Cluster, hub string, answer func(Question) []byte) *Member {
	t.Helper()
	m := newMember(c, hub)
	if err := m.Join(t.Context(), answer); err != nil {
		t.Fatalf("Join: %v", err)
	}
	return m
}

func leave(t *testing.T, members ...*Member) {
	t.Helper()
	for _, m := range members {
		if err := m.Leave(t.Context()); err != nil {
			t.Errorf("Leave: %v", err)
		}
	}
}

// wantReplies fails unless a question gets these replies, and silence from those.
func wantReplies(t *testing.T, m *Member, want, quiet []string) []Reply {
	t.Helper()
	replies, silent := m.Gather(t.Context(), Question{Kind: Stats})
	var got []string
	for _, r := range replies {
		got = append(got, string(r.Body))
	}
	if !slices.Equal(got, want) || !slices.Equal(silent, quiet) {
		t.Errorf("replies %q and silent %q, want %q and %q", got, silent, want, quiet)
	}
	return replies
}

// hubs returns the names that have a lease.
func hubs(t *testing.T, c engine.Cluster) []string {
	t.Helper()
	leases, err := c.Leases(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range leases {
		names = append(names, l.Hub)
	}
	return names
}

// nearly is so long that whatever happens at a whole number of seconds has
// happened before or after it, as meant.
const nearly = 100 * time.Millisecond
