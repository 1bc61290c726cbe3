package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.org/hub/bench/swarm"
	"example.org/hub/client"
)

// soakLanes send messages side by side. A user's messages share one, so that they
// keep their order; broadcasts have the last to themselves.
const soakLanes = 9

// soakPress publishes on a fixed schedule, and repeats a message under the same key
// for as long as the engine is away.
type soakPress struct {
	cfg        *soakScenario
	publisher  *client.Publisher
	pad        string
	sent       []atomic.Int64 // by user
	broadcasts atomic.Int64
	failed     atomic.Int64
	late       atomic.Int64 // began more than a second after their time
}

func newSoakPress(s *server, crowd *soakCrowd, cfg *soakScenario) (*soakPress, error) {
	p, err := client.NewPublisher("http://"+s.internal.String(), client.WithAPIKey(s.apiKey), client.WithMaxRetries(-1))
	if err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	return &soakPress{
		cfg: cfg, publisher: p, pad: strings.Repeat("x", max(crowd.env.Size-40, 0)),
		sent: make([]atomic.Int64, cfg.Readers+cfg.Slow),
	}, nil
}

// soakSend is a message whose time has come.
type soakSend struct {
	user int
	due  int64
}

// run sends until ctx ends and then what is due.
func (p *soakPress) run(ctx context.Context) {
	defer func() { _ = p.publisher.Close() }()
	var lanes [soakLanes]chan soakSend
	var senders sync.WaitGroup
	for i := range lanes {
		lanes[i] = make(chan soakSend, 1<<16)
		senders.Go(func() { p.send(lanes[i]) })
	}
	schedule := swarm.Schedule{Start: swarm.Now(), Rate: p.cfg.Rate}
	for i := 0; ; i++ {
		due := schedule.Due(i)
		if pause(ctx, time.Duration(due-swarm.Now())) != nil {
			break
		}
		if i%p.cfg.Broadcast == 0 {
			lanes[soakLanes-1] <- soakSend{user: -1, due: due}
		} else {
			user := i * 7919 % len(p.sent)
			lanes[user%(soakLanes-1)] <- soakSend{user: user, due: due}
		}
	}
	for _, lane := range lanes {
		close(lane)
	}
	senders.Wait()
}

func (p *soakPress) send(lane <-chan soakSend) {
	for m := range lane {
		if swarm.Now()-m.due > int64(time.Second) {
			p.late.Add(1)
		}
		to, count := client.All, &p.broadcasts
		if m.user >= 0 {
			to, count = client.User(userName(m.user)), &p.sent[m.user]
		}
		// Beyond two minutes the key is forgotten and a repetition might be sent twice.
		ctx, cancel := context.WithTimeout(context.Background(), 110*time.Second)
		_, err := p.publisher.Send(ctx, client.Message{
			To: []string{to}, Event: "soak", Data: soakEvent{User: m.user, N: count.Load() + 1, At: m.due, Pad: p.pad},
		})
		cancel()
		if err != nil {
			p.failed.Add(1)
			if !errors.Is(err, context.DeadlineExceeded) {
				fmt.Fprintln(os.Stderr, "bench: publish:", err)
			}
			continue // the number is not used: if the hub has it after all, the next one counts as repeated
		}
		count.Add(1)
	}
}

// report says what became of the messages.
func (c *soakCrowd) report(out *outcome, press *soakPress) {
	c.turn()
	missing := c.missing(press)
	sent := press.broadcasts.Load()
	for i := range press.sent {
		sent += press.sent[i].Load()
	}
	out.add("messages", "", float64(sent))
	out.add("deliveries", "", float64(c.delivered.Load()))
	out.add("connects", "", float64(c.connects.Load()))
	out.add("gaps", "", float64(c.gaps.Load()))
	out.add("slow_deliveries", "", float64(c.slowDelivered.Load()))
	out.add("slow_connects", "", float64(c.slowConnects.Load()))
	out.add("slow_gaps", "", float64(c.slowGaps.Load()))
	out.add("lost", "", float64(c.lost.Load()+missing))
	out.add("duplicates", "", float64(c.duplicates.Load()))
	out.add("publish_failed", "", float64(press.failed.Load()))
	out.add("publish_late", "", float64(press.late.Load()))
	addLatency(out, "latency", c.all)
	if n := len(c.p99s); n > 0 {
		slices.Sort(c.p99s)
		out.add("minute_p99_median", "ms", millis(c.p99s[n/2]))
		out.add("minute_p99_worst", "ms", millis(c.p99s[n-1]))
	}
	if n := press.failed.Load(); n > 0 {
		out.fail("%d messages could not be sent", n)
	}
	if lost := c.lost.Load() + missing; lost > 0 || c.duplicates.Load() > 0 || c.malformed.Load() > 0 {
		out.fail("%d events lost without a gap (%d at the end), %d repeated, %d malformed or of others", lost, missing, c.duplicates.Load(), c.malformed.Load())
	}
}
