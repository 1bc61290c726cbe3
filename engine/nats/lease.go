package nats

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// Announce stores the lease. It fails with engine.ErrUnavailable, engine.ErrClosed
// or the context's error.
func (e *Engine) Announce(ctx context.Context, l engine.Lease) error {
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("announce hub: %w", err)
	}
	return e.withLeases(ctx, "announce hub", func(ctx context.Context, kv jetstream.KeyValue) error {
		_, err := kv.Put(ctx, leaseKey(l), text)
		return err
	})
}

// Withdraw removes the lease. A lease that is not there is no error.
func (e *Engine) Withdraw(ctx context.Context, l engine.Lease) error {
	return e.withLeases(ctx, "withdraw hub", func(ctx context.Context, kv jetstream.KeyValue) error {
		return kv.Delete(ctx, leaseKey(l))
	})
}

// Leases returns the hubs that are alive. Of an instance that was started again
// before its old lease ran out, it returns the newer one.
func (e *Engine) Leases(ctx context.Context) ([]engine.Lease, error) {
	var leases []engine.Lease
	err := e.withLeases(ctx, "list hubs", func(ctx context.Context, kv jetstream.KeyValue) (err error) {
		leases, err = readLeases(ctx, kv)
		return err
	})
	if err != nil {
		return nil, err
	}
	return newest(leases), nil
}

// newest returns the leases by name, without those of earlier lives of a hub.
func newest(leases []engine.Lease) []engine.Lease {
	slices.SortFunc(leases, func(a, b engine.Lease) int {
		if c := strings.Compare(a.Hub, b.Hub); c != 0 {
			return c
		}
		return b.Since.Compare(a.Since)
	})
	return slices.CompactFunc(leases, func(a, b engine.Lease) bool { return a.Hub == b.Hub })
}

// leaseKey returns the key of a lease. Names may hold what keys may not.
func leaseKey(l engine.Lease) string {
	return token(l.Hub) + "." + token(l.Boot)
}

func token(s string) string {
	return "=" + base64.RawURLEncoding.EncodeToString([]byte(s))
}
