package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// start starts the log's server, if it is a program of its own, and the hubs.
// Without one the first hub has NATS inside, and the others are its clients.
func (r *clusterRun) start(ctx context.Context) (err error) {
	if r.engine, err = startEngine(ctx, r.EngineCommand); err != nil {
		return err
	}
	first, others := r.engine.fill(r.env.HubFlag), r.engine.fill(r.env.HubFlag)
	if r.EngineCommand == "" {
		if r.dir, err = os.MkdirTemp("", "bench-cluster-"); err != nil {
			return fmt.Errorf("cluster: %w", err)
		}
		secret := filepath.Join(r.dir, "cluster-secret")
		if err := os.WriteFile(secret, randomKey(), 0o600); err != nil {
			return fmt.Errorf("cluster: %w", err)
		}
		addr, err := freeAddress()
		if err != nil {
			return err
		}
		first = append([]string{"--engine=nats", "--engine-listen=" + addr.String(), "--cluster-secret-file=" + secret}, first...)
		others = append([]string{"--engine=nats://" + addr.String(), "--engine-token-file=" + secret}, others...)
	}
	for i := range r.Hubs {
		flags := first
		if i > 0 {
			flags = others
		}
		s, err := startHub(ctx, r.env.StartHub, flags, r.env.users)
		if err != nil {
			return fmt.Errorf("hub %d: %w", i+1, err)
		}
		r.hubs = append(r.hubs, s)
	}
	return nil
}

// close ends everything, the readers first.
func (r *clusterRun) close() {
	_ = r.all.Close()                           // a failure of it has shown before
	for _, s := range slices.Backward(r.hubs) { // the first may have the log
		s.stop()
	}
	if r.engine != nil {
		r.engine.stop()
	}
	removeFiles(r.dir)
}
