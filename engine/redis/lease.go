package redis

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/redis/rueidis"

	"example.org/hub/engine"
)

// Announce stores the lease as JSON under a key that expires.
//
// Errors: engine.ErrUnavailable, engine.ErrClosed, or the context's error.
func (e *Engine) Announce(ctx context.Context, l engine.Lease) error {
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return e.withPatience(ctx, "announce", func(ctx context.Context) error {
		b := e.client.B
		set := b().Set().Key(e.names.hub + l.Hub).Value(rueidis.BinaryString(text)).Px(engine.LeaseTTL).Build()
		add := b().Sadd().Key(e.names.hubs).Member(l.Hub).Build()
		for _, res := range e.client.DoMulti(ctx, set, add) {
			if err := res.Error(); err != nil {
				return err
			}
		}
		return nil
	})
}

// Withdraw removes the lease, unless a later start of the hub holds it by now.
//
// Errors: engine.ErrUnavailable, engine.ErrClosed, or the context's error.
func (e *Engine) Withdraw(ctx context.Context, l engine.Lease) error {
	return e.withPatience(ctx, "withdraw", func(ctx context.Context) error {
		return withdrawScript.run(ctx, e.client, []string{e.names.hub + l.Hub, e.names.hubs}, l.Hub, l.Boot).Error()
	})
}

// Leases returns the leases that have not expired.
//
// Errors: engine.ErrUnavailable, engine.ErrClosed, or the context's error.
func (e *Engine) Leases(ctx context.Context) ([]engine.Lease, error) {
	var leases []engine.Lease
	err := e.withPatience(ctx, "read leases", func(ctx context.Context) (err error) {
		leases, err = e.leases(ctx)
		return err
	})
	return leases, err
}

func (e *Engine) leases(ctx context.Context) ([]engine.Lease, error) {
	hubs, err := e.client.Do(ctx, e.client.B().Smembers().Key(e.names.hubs).Build()).AsStrSlice()
	if err != nil || len(hubs) == 0 {
		return nil, err
	}
	slices.Sort(hubs)
	keys := make([]string, len(hubs))
	for i, hub := range hubs {
		keys[i] = e.names.hub + hub
	}
	values, err := e.client.Do(ctx, e.client.B().Mget().Key(keys...).Build()).ToArray()
	if err != nil {
		return nil, err
	}
	var leases []engine.Lease
	var gone []string
	for i := range values {
		var l engine.Lease
		if err := values[i].DecodeJSON(&l); err != nil || l.Hub != hubs[i] {
			gone = append(gone, hubs[i])
			continue
		}
		leases = append(leases, l)
	}
	if len(gone) > 0 { // a hub that comes back this moment is named again when it renews
		return leases, e.client.Do(ctx, e.client.B().Srem().Key(e.names.hubs).Member(gone...).Build()).Error()
	}
	return leases, nil
}
