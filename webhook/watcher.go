package webhook

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/cluster"
)

const (
	lookEvery = time.Second      // between two looks at the other hubs
	keepOpen  = 30 * time.Second // how long hubs may differ in when they decide
	keepLeft  = 2 * time.Minute  // how long a journal knows who left
)

// Config is what a Watcher needs. Nothing has a default but Log and Metrics.
type Config struct {
	URL      string        // where events are posted to
	Secret   []byte        // see ParseSecret
	Debounce time.Duration // how long a user is here, or gone, before that is told
	Instance string        // the name of this hub
	Cluster  Cluster
	Journal  *Journal // of this hub
	Log      *slog.Logger
	Metrics  *metrics.Set
}

// Cluster is what is asked of the other hubs; a *cluster.Member is one.
type Cluster interface {
	Gather(ctx context.Context, q cluster.Question) (replies []cluster.Reply, silent []string)
	Lowest() bool
}

// Watcher follows who is online in the cluster. On the hub whose name comes first
// it posts what changes.
type Watcher struct {
	cfg     Config
	roster  *roster
	sender  *sender
	started time.Time

	ledger ledger
	first  bool // no other hub's name comes before this one's

	stop context.CancelFunc
	done chan struct{}
}

// Watch starts a watcher, which runs until Close.
func Watch(cfg Config) *Watcher {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = metrics.NewSet()
	}
	w := &Watcher{cfg: cfg, roster: newRoster(cfg.Debounce), started: time.Now(), first: true, done: make(chan struct{})}
	w.sender = newSender(&w.cfg, newCounts(cfg.Metrics))
	cfg.Metrics.NewGauge("hub_webhook_queue", func() float64 { return float64(len(w.sender.queue)) })
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	go w.run(ctx)
	return w
}

// Close ends the watcher. What is queued is posted until ctx ends; and other hubs,
// if there are any, get the time to see what was told.
func (w *Watcher) Close(ctx context.Context) {
	w.stop()
	<-w.done
	timer := time.NewTimer(lookEvery + lookEvery/2)
	defer timer.Stop()
	if len(w.roster.hubs) > 1 {
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	w.sender.close(ctx)
}

func (w *Watcher) run(ctx context.Context) {
	defer close(w.done)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		for w.look(ctx) && ctx.Err() == nil { //nolint:revive // each look reads one page
		}
		w.decide(time.Now())
		w.cfg.Journal.Compact(keepLeft)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look reads a page of each hub's journal, and reports whether there are more.
func (w *Watcher) look(ctx context.Context) (more bool) {
	cursors := w.roster.cursors()
	replies, silent := w.cfg.Cluster.Gather(ctx, cluster.Question{Kind: cluster.Changes, Cursors: cursors})
	if ctx.Err() != nil {
		return false
	}
	now := time.Now()
	present := map[string]bool{w.cfg.Instance: true}
	for _, hub := range silent {
		present[hub] = true // its lease says so: its users stay
	}
	for _, r := range replies {
		hub := r.Lease.Hub
		present[hub] = true
		var p Page
		if err := json.Unmarshal(r.Body, &p); err != nil {
			w.cfg.Log.Debug("journal of another hub not read", "hub", hub, "err", err)
			continue
		}
		w.roster.apply(hub, &p, r.Lease.Since.Before(w.started), now)
		more = more || p.More
	}
	own := w.cfg.Journal.Since(cursors[w.cfg.Instance])
	w.roster.apply(w.cfg.Instance, &own, false, now)
	w.note(present, now)
	return more || own.More
}

// note forgets hubs that are gone.
func (w *Watcher) note(present map[string]bool, now time.Time) {
	w.first = true
	for hub := range present {
		w.first = w.first && hub >= w.cfg.Instance
	}
	for hub := range w.roster.hubs {
		if !present[hub] {
			w.roster.drop(hub, now)
		}
	}
}

// decide sends what has settled, or keeps it until the hub that sends says that it
// has. A hub that is first, but has lost its lease, keeps it until it is back.
func (w *Watcher) decide(now time.Time) {
	w.ledger.confirm(w.roster.told, now)
	w.roster.told = nil
	w.ledger.add(w.roster.settle(now), now)
	if w.cfg.Cluster.Lowest() {
		events := w.ledger.take()
		w.sender.send(events)
		for i := range events {
			w.cfg.Journal.noteTold(&events[i])
		}
		return
	}
	if !w.first {
		w.ledger.expire(now)
	}
	if n := w.ledger.cut(maxQueue); n > 0 {
		w.sender.counts.dropped(dropQueue, n)
	}
}
