package nats

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// bucket is the key value store of the leases, which forgets by itself.
type bucket struct {
	mu sync.Mutex
	kv jetstream.KeyValue
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
	asking, stop := context.WithTimeout(scoped, e.cfg.requestTimeout)
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
	// What another hub has made is taken as it is: a change while the cluster
	// still forms can leave the store without a leader.
	b.kv, err = e.js.KeyValue(ctx, e.names.leases)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		b.kv, err = e.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket:   e.names.leases,
			TTL:      e.cfg.leaseTTL,
			Storage:  jetstream.MemoryStorage,
			Replicas: e.replicas(),
			History:  1,
		})
	}
	if err != nil {
		b.kv = nil
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
