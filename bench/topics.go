package main

import (
	"context"
	"fmt"
)

// topicsScenario sends messages to topics, each of which has a few readers: like
// unicast, with more than one delivery for a message.
type topicsScenario struct {
	unicastScenario

	Subscribers int `help:"Readers of a topic." default:"10"`
}

// Run is called by kong.
func (t *topicsScenario) Run(o *options) error { return runScenario("topics", o, t, t) }

// Validate is called by kong.
func (t *topicsScenario) Validate() error {
	if err := within("subscribers", t.Subscribers, 1, maxConns); err != nil {
		return err
	}
	return t.unicastScenario.Validate()
}

func (t *topicsScenario) run(ctx context.Context, e *environment) (*outcome, error) {
	if e.Conns < t.Subscribers {
		return nil, fmt.Errorf("topics: %d connections for a topic of %d", e.Conns, t.Subscribers)
	}
	in := *e
	in.perTopic, in.users = t.Subscribers, e.users.inTopics()
	opts := *e.options
	opts.Conns -= opts.Conns % t.Subscribers // all topics are of the same size
	in.options = &opts
	return t.unicastScenario.run(ctx, &in)
}
