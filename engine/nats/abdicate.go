package nats

import (
	"context"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// ledPoll is the time between looks at who leads now.
const ledPoll = 5 * time.Millisecond

// abdicate gives everything that the server leads to other members, and returns
// when they lead it, or with ctx. Nothing new is given to the server from then on.
// It is to be called once, and Shutdown soon after.
func (e *embedded) abdicate(ctx context.Context) {
	e.leaving = make(chan struct{})
	go func() {
		defer close(e.leaving)
		e.LameDuckShutdown() // goes on for seconds, unless Shutdown ends it
	}()
	tick := time.NewTicker(ledPoll)
	defer tick.Stop()
	for !e.ledByOthers() {
		select {
		case <-tick.C:
		case <-e.leaving:
			return
		case <-ctx.Done():
			return
		}
	}
}

// ledByOthers reports whether all that this server has a part in has a leader, and
// it is not this one.
func (e *embedded) ledByOthers() bool {
	info, err := e.Jsz(&server.JSzOptions{Accounts: true, Streams: true})
	if err != nil || info.Disabled {
		return true // it has no part in anything any more
	}
	led := info.Meta == nil || e.other(info.Meta.Leader)
	for _, account := range info.AccountDetails {
		for _, stream := range account.Streams {
			alone := stream.Cluster == nil || len(stream.Cluster.Replicas) == 0
			led = led && (alone || e.other(stream.Cluster.Leader))
		}
	}
	return led
}

func (e *embedded) other(leader string) bool { return leader != "" && leader != e.Name() }
