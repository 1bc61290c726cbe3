package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"example.org/hub/bench/swarm"
)

// clusterPublishers is how many connections send messages to single users to
// each hub; broadcasts have one, which keeps their order.
const clusterPublishers = 8

// send publishes to all hubs side by side, to each its share of the rate on a
// schedule of its own over so many connections.
func (r *clusterRun) send(rate float64, conns int, next func(hub int) func(int) (swarm.Message, int)) (swarm.PublishResult, error) {
	share := rate / float64(r.Hubs)
	count := max(int(share*r.For.Seconds()), 1)
	start := swarm.Now() + int64(50*time.Millisecond)
	results, errs := make([]swarm.PublishResult, r.Hubs), make([]error, r.Hubs)
	var wg sync.WaitGroup
	for h, s := range r.hubs {
		pub, err := s.publisher(r.env, conns, r.env.Size)
		if err != nil {
			errs[h] = err
			break
		}
		plan := &swarm.Open{
			Schedule: swarm.Schedule{Start: start + int64(float64(h)*1e9/rate), Rate: share, Count: count},
			Message:  next(h),
		}
		wg.Go(func() {
			defer pub.Close()
			results[h], errs[h] = pub.Run(plan, time.Duration(float64(conns)*1e9/share), r.For+r.env.Timeout)
		})
	}
	wg.Wait()
	sum := swarm.PublishResult{Response: swarm.NewLatency(), Wait: swarm.NewLatency()}
	for h := range results {
		if errs[h] != nil {
			continue
		}
		if n := results[h].Unanswered(); n > 0 {
			errs[h] = fmt.Errorf("hub %d: %d messages were not accepted: %v", h+1, n, results[h].Errors)
		}
		sum.Sent += results[h].Sent
		sum.Late += results[h].Late
		sum.Dropped += results[h].Dropped
		sum.Response.Merge(results[h].Response)
	}
	return sum, errors.Join(errs...)
}

// broadcasts makes the broadcasts that are sent to a hub: a slot of their own,
// for between hubs there is no order.
func (r *clusterRun) broadcasts(hub int) func(int) (swarm.Message, int) {
	return func(int) (swarm.Message, int) {
		r.casts[hub]++
		return swarm.Message{Target: -1, Stamp: swarm.Stamp{Slot: hub, Seq: r.casts[hub]}}, 0
	}
}

// unicasts makes the messages that are sent to a hub. A user's messages are
// always sent to the same one, mostly not the one that has its stream.
func (r *clusterRun) unicasts(hub int) func(int) (swarm.Message, int) {
	rng := rand.New(rand.NewPCG(uint64(hub), 7))
	users := len(r.mail)
	return func(int) (swarm.Message, int) {
		user := hub + r.Hubs*rng.IntN((users-hub+r.Hubs-1)/r.Hubs)
		r.mail[user]++
		return swarm.Message{Target: user, Stamp: swarm.Stamp{Slot: r.Hubs, Seq: r.mail[user]}}, user / r.Hubs % clusterPublishers
	}
}

// lastSent is the last number sent to a user in a slot.
func (r *clusterRun) lastSent(user, slot int) uint32 {
	if slot < r.Hubs {
		return r.casts[slot]
	}
	return r.mail[user]
}
