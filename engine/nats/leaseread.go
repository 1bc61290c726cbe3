package nats

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// leasePause is how long a reader waits for a server that lags.
const leasePause = 20 * time.Millisecond

// readLeases returns all leases. The server that a watch reads from may lag
// behind the others, so it is done again until it has the newest entry that their
// leader knows.
func readLeases(ctx context.Context, kv jetstream.KeyValue) ([]engine.Lease, error) {
	for {
		newest, err := newestLease(ctx, kv)
		if err != nil || newest == 0 {
			return nil, err
		}
		leases, seen, err := watchLeases(ctx, kv)
		if err != nil || seen >= newest {
			return leases, err
		}
		if !sleep(ctx, leasePause) {
			return nil, ctx.Err()
		}
	}
}

// newestLease returns the revision of the newest entry, 0 if there is none.
func newestLease(ctx context.Context, kv jetstream.KeyValue) (uint64, error) {
	status, err := kv.Status(ctx)
	if err != nil {
		return 0, err
	}
	bucket, ok := status.(*jetstream.KeyValueBucketStatus)
	if !ok || bucket.Values() == 0 {
		return 0, nil
	}
	return bucket.StreamInfo().State.LastSeq, nil
}

// watchLeases returns what a server has, and its newest revision.
func watchLeases(ctx context.Context, kv jetstream.KeyValue) (leases []engine.Lease, newest uint64, err error) {
	watch, err := kv.WatchAll(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = watch.Stop() }() // fails only if the connection is closed
	for {
		select {
		case entry, ok := <-watch.Updates():
			if !ok {
				return nil, 0, errWatch
			}
			if entry == nil {
				return leases, newest, nil // all that there were
			}
			newest = max(newest, entry.Revision())
			var l engine.Lease
			if json.Unmarshal(entry.Value(), &l) == nil && leaseKey(l) == entry.Key() {
				leases = append(leases, l)
			}
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

var errWatch = errors.New("watch of leases ended")
