package nats

import (
	"context"
	"sync"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// delivered counts what a history.Log hands on.
type delivered struct {
	mu      sync.Mutex
	entries []*history.Entry
	gaps    []history.Gap
}

func (d *delivered) deliver(entries []*history.Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entries...)
}

func (d *delivered) reset(gap history.Gap) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gaps = append(d.gaps, gap)
}

func (d *delivered) count() (entries, gaps int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.entries), len(d.gaps)
}

func TestHistory_FollowsIntoANewEpoch(t *testing.T) {
	s := startExternal(t, t.TempDir(), -1, nil)
	e := mustOpen(t, Config{URLs: []string{s.ClientURL()}})
	for n := range 10 {
		if _, err := e.Append(t.Context(), record(n), ""); err != nil {
			t.Fatal(err)
		}
	}
	var d delivered
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	log, err := history.Open(ctx, e, history.Config{OnReset: d.reset}, 1, testLog(), d.deliver)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	if n := log.Window().Stats().Events; n != 10 {
		t.Errorf("the window was opened with %d events, want 10", n)
	}
	before := log.Window().Epoch()

	if err := e.js.DeleteStream(t.Context(), e.names.stream); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the gap", func() bool {
		_, gaps := d.count()
		return gaps == 1
	})
	if now := log.Window().Epoch(); now == before {
		t.Errorf("the epoch is still %s", now)
	}
	p, err := log.Append(t.Context(), &engine.Record{To: []engine.Address{engine.All}}, "key")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "an entry of the new epoch", func() bool {
		entries, _ := d.count()
		return entries == 1
	})
	cancel()
	if out := p.Wait(ctx); out.ID != (engine.Position{Epoch: log.Window().Epoch(), Seq: 1}).String() {
		t.Errorf("the entry is %q", out.ID)
	}
}
