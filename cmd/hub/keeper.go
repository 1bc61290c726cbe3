package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"example.org/hub/auth"
	"example.org/hub/engine"
)

const (
	keepEvery   = time.Second     // between looks at how old the last repetition is
	keepTimeout = 5 * time.Second // for the engine to take one
)

// keeper repeats the revocations in the log before it forgets them, so that a hub
// that starts later knows them. Of all hubs the first by name does it.
//
// What is revoked is in the log twice as long as needed: it is repeated when the
// last repetition is in the older half of what a hub loads, or half as old as
// records get. Only if that half is appended within a second, or no hub runs for
// so long, can a revocation be lost.
type keeper struct {
	revocations *auth.Revocations
	engine      engine.Engine
	lowest      func() bool
	window      uint64        // how many records a hub loads
	maxAge      time.Duration // of records
	log         *slog.Logger

	last engine.Position // of the first record of the last repetition
	at   time.Time

	stop context.CancelFunc
	done chan struct{}
}

// keepRevocations starts a keeper, which runs until close.
func keepRevocations(n *node) *keeper {
	ctx, stop := context.WithCancel(context.Background())
	k := &keeper{
		revocations: n.identity.revocations,
		engine:      n.engine,
		lowest:      n.member.Lowest,
		window:      uint64(n.cfg.WindowEvents),
		maxAge:      n.cfg.WindowAge,
		log:         n.log,
		stop:        stop,
		done:        make(chan struct{}),
	}
	go k.run(ctx)
	return k
}

func (k *keeper) close() {
	k.stop()
	<-k.done
}

func (k *keeper) run(ctx context.Context) {
	defer close(k.done)
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := k.look(ctx); err != nil && ctx.Err() == nil {
			k.log.Warn("revocations not repeated", "err", err)
		}
	}
}

// look repeats the revocations if it is time to. While the engine is away that
// fails at every look, and nothing gets lost.
func (k *keeper) look(ctx context.Context) error {
	if k.revocations.Len() == 0 || !k.lowest() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	b, err := k.engine.Bounds(ctx)
	if err != nil {
		return fmt.Errorf("look at log: %w", err)
	}
	if !k.due(b) {
		return nil
	}
	return k.repeat(ctx)
}

// due reports whether the last repetition may soon be forgotten.
func (k *keeper) due(b engine.Bounds) bool {
	if k.last.Epoch != b.Epoch || time.Since(k.at) >= k.maxAge/2 {
		return true
	}
	first := b.First
	if b.Head > k.window {
		first = max(first, b.Head-k.window+1)
	}
	return k.last.Seq < first || k.last.Seq-first < (b.Head-first)/2
}

func (k *keeper) repeat(ctx context.Context) error {
	now := time.Now()
	records, err := k.revocations.Records(now)
	if err != nil {
		return err
	}
	var first engine.Position
	for i, rec := range records {
		appended, err := k.engine.Append(ctx, rec, "")
		if err != nil {
			return fmt.Errorf("append revocations: %w", err)
		}
		if i == 0 {
			first = appended.Position
		}
	}
	k.last, k.at = first, now
	return nil
}
