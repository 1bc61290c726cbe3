package nats

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// bucket is the key value store of the leases, which forgets by itself.
type bucket struct {
	mu sync.Mutex
	kv jetstream.KeyValue
}

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
	slices.SortFunc(leases, func(a, b engine.Lease) int {
		if c := strings.Compare(a.Hub, b.Hub); c != 0 {
			return c
		}
		return b.Since.Compare(a.Since)
	})
	return slices.CompactFunc(leases, func(a, b engine.Lease) bool { return a.Hub == b.Hub }), nil
}

func readLeases(ctx context.Context, kv jetstream.KeyValue) ([]engine.Lease, error) {
	watch, err := kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, err
	}
	defer func() { _ = watch.Stop() }() // fails only if the connection is closed
	var leases []engine.Lease
	for {
		select {
		case entry, ok := <-watch.Updates():
			if !ok {
				return nil, errWatch
			}
			if entry == nil {
				return leases, nil // all that there were
			}
			var l engine.Lease
			if json.Unmarshal(entry.Value(), &l) == nil && leaseKey(l) == entry.Key() {
				leases = append(leases, l)
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

var errWatch = errors.New("watch of leases ended")

// leaseKey returns the key of a lease. Names may hold what keys may not.
func leaseKey(l engine.Lease) string {
	return token(l.Hub) + "." + token(l.Boot)
}

func token(s string) string {
	return "=" + base64.RawURLEncoding.EncodeToString([]byte(s))
}

// withLeases calls do with the store, and again with a new one if the servers
// have lost it.
func (e *Engine) withLeases(ctx context.Context, did string, do func(ctx context.Context, kv jetstream.KeyValue) error) error {
	if !e.enter() {
		return engine.ErrClosed
	}
	defer e.running.Done()
	scoped, cancel := e.scope(ctx)
	defer cancel()
	asking, stop := context.WithTimeout(scoped, requestTimeout)
	defer stop()
	kv, known, err := e.leases.open(asking, e)
	if err == nil {
		err = do(asking, kv)
	}
	if err != nil && known && asking.Err() == nil {
		e.leases.forget(kv)
		if kv, _, err = e.leases.open(asking, e); err == nil {
			err = do(asking, kv)
		}
	}
	return e.failure(ctx, did, err)
}

// open returns the store and whether it was known before.
func (b *bucket) open(ctx context.Context, e *Engine) (kv jetstream.KeyValue, known bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kv != nil {
		return b.kv, true, nil
	}
	b.kv, err = e.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:   e.names.leases,
		TTL:      e.cfg.leaseTTL,
		Storage:  jetstream.MemoryStorage,
		Replicas: e.replicas(),
		History:  1,
	})
	if err != nil {
		return nil, false, fmt.Errorf("make lease store: %w", err)
	}
	return b.kv, false, nil
}

func (b *bucket) forget(kv jetstream.KeyValue) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kv == kv {
		b.kv = nil
	}
}
