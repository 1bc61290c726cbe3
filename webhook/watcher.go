package webhook

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/cluster"
)

const (
	lookEvery = time.Second      // between two looks at the other hubs
	keepOpen  = 10 * time.Minute // how long another hub may take to tell: longer than the attempts of a POST
	keepLeft  = 2 * time.Minute  // how long a journal knows who left, and what was told
	backAfter = 8 * time.Second  // from a renewal of the lease until those of others are due, and seen
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

	dial func(ctx context.Context, network, address string) (net.Conn, error) // nil but in tests
}

// Cluster is what is asked of the other hubs; a *cluster.Member is one.
type Cluster interface {
	Gather(ctx context.Context, q cluster.Question) (replies []cluster.Reply, silent []string)
	Alive() error
}

// Watcher follows who is online in the cluster, and posts what changes if that is
// this hub's to tell.
type Watcher struct {
	cfg     Config
	roster  *roster
	ledger  ledger
	sender  *sender
	present map[string]bool // hubs that have a lease
	alive   bool            // this one had its own when it last looked,
	back    time.Time       // since then, or zero if it never lost it

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
	w := &Watcher{
		cfg: cfg, roster: newRoster(cfg.Instance, cfg.Journal.begin(), cfg.Debounce),
		ledger: ledger{within: apart(cfg.Debounce)}, alive: true, done: make(chan struct{}),
	}
	w.sender = newSender(&w.cfg, newCounts(cfg.Metrics), cfg.Journal.noteTold)
	cfg.Metrics.NewGauge("hub_webhook_queue", func() float64 { return float64(len(w.sender.queue)) })
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	go w.run(ctx)
	return w
}

// Close ends the watcher. What is queued is posted until ctx ends; and other hubs,
// if there are any, get the time to see what was told. They tell the rest.
func (w *Watcher) Close(ctx context.Context) {
	w.stop()
	<-w.done
	w.sender.close(ctx)
	if len(w.present) < 2 {
		return
	}
	timer := time.NewTimer(time.Until(w.cfg.Journal.lastTold().Add(lookEvery + lookEvery/2)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
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
	replies, silent := w.cfg.Cluster.Gather(ctx, cluster.Question{Kind: cluster.Changes, Cursors: w.roster.cursors})
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
		w.roster.apply(hub, &p, now)
		more = more || p.More
	}
	own := w.cfg.Journal.Since(w.roster.cursors[w.cfg.Instance])
	w.roster.apply(w.cfg.Instance, &own, now)
	w.note(present, now)
	return more || own.More
}

// note forgets hubs that are gone.
func (w *Watcher) note(present map[string]bool, now time.Time) {
	w.present = present
	for hub := range w.roster.hubs {
		if !present[hub] {
			w.roster.drop(hub, now)
		}
	}
}

// decide adds what has settled to what is open, strikes out what others have told,
// and sends what is this hub's to tell.
func (w *Watcher) decide(now time.Time) {
	w.checkLease()
	for _, e := range w.ledger.confirm(w.roster.told) {
		if w.alive { // or it may be about its own users, because it was away
			w.roster.heed(&e, now)
		}
	}
	w.roster.told = nil
	w.ledger.add(w.roster.settle(now), now)
	if w.alive && now.Sub(w.back) >= backAfter {
		w.sender.send(w.ledger.take(w.mine))
	}
	w.ledger.expire(w.mine, now)
	if lost := w.ledger.cut(w.mine, maxQueue); lost > 0 {
		w.sender.counts.dropped(dropQueue, lost)
	}
}

// checkLease looks whether the hub's lease is lost, or back. While it is lost others
// tell in its place, also that its users have gone, and have come again: this hub
// keeps what is its own to tell, but begins anew when it is back, and waits for those
// that were cut off with it.
func (w *Watcher) checkLease() {
	alive := w.cfg.Cluster.Alive() == nil
	if alive && !w.alive {
		w.back = w.cfg.Journal.begin()
		w.roster.began = w.back
	}
	w.alive = alive
}
