package main

import (
	"context"
	"fmt"
	"time"

	"example.org/hub/bench/swarm"
)

// broadcaster sends events to all readers of a swarm.
type broadcaster struct {
	pub  *swarm.Publisher
	sw   *crowd
	n    int      // readers that should get each event
	last []uint32 // by slot: the number of the last event sent
	prog *swarm.Progress
}

// newBroadcaster opens one publishing connection a slot.
func newBroadcaster(s *server, e *environment, sw *crowd, n, slots int) (*broadcaster, error) {
	pub, err := s.publisher(e, slots, e.Size)
	if err != nil {
		return nil, err
	}
	return &broadcaster{pub: pub, sw: sw, n: n, last: make([]uint32, slots), prog: swarm.NewProgress(n, pub.Wake)}, nil
}

// next makes the next event of a slot.
func (b *broadcaster) next(slot int) swarm.Message {
	b.last[slot]++
	return swarm.Message{Target: -1, Stamp: swarm.Stamp{Slot: slot, Seq: b.last[slot]}}
}

// rounds sends count events, one a slot under way at a time, and waits until
// every reader has every one.
func (b *broadcaster) rounds(count int, limit time.Duration) (swarm.PublishResult, error) {
	if err := b.sw.Track(b.prog, b.n); err != nil {
		return swarm.PublishResult{}, err
	}
	defer func() { _ = b.sw.Track(nil, 0) }() // its failure would show in what follows
	return b.publish(&swarm.Rounds{Count: count, Slots: len(b.last), Progress: b.prog, Message: b.next}, time.Hour, limit)
}

// atRate sends count events on a fixed schedule, over the slots in turn, and
// waits until they have arrived, or for at most limit.
func (b *broadcaster) atRate(ctx context.Context, count int, rate float64, limit time.Duration) (swarm.PublishResult, error) {
	plan := &swarm.Open{
		Schedule: swarm.Schedule{Start: swarm.Now() + int64(10*time.Millisecond), Rate: rate, Count: count},
		Message: func(i int) (swarm.Message, int) {
			slot := i % len(b.last)
			return b.next(slot), slot
		},
	}
	want := b.sw.Delivered() + uint64(count)*uint64(b.n)
	res, err := b.publish(plan, time.Duration(float64(len(b.last))*1e9/rate), limit)
	if err != nil {
		return res, err
	}
	return res, waitFor(ctx, limit, func() bool { return b.sw.Delivered() >= want })
}

// missing is how many events have not come to the readers that were behind the
// last one they got.
func (b *broadcaster) missing() uint64 {
	return b.sw.Missing(b.n, func(_, slot int) uint32 { return b.last[slot] })
}

func (b *broadcaster) publish(plan swarm.Plan, late, limit time.Duration) (swarm.PublishResult, error) {
	res, err := b.pub.Run(plan, late, limit)
	if err == nil && res.Unanswered() > 0 {
		err = fmt.Errorf("%d of %d messages were not accepted: %v", res.Unanswered(), res.Sent, res.Errors)
	}
	return res, err
}

func (b *broadcaster) close() { b.pub.Close() }
