package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"example.org/hub/auth"
	"example.org/hub/transport"
)

// drainPoll is the time between looks at how far a drain is.
const drainPoll = 250 * time.Millisecond

var errDrainCancelled = errors.New("the drain was cancelled")

type drainCmd struct {
	internalFlags
	keyFlags
	Wait   bool `setting:"-" help:"Return when no stream is left."`
	Cancel bool `setting:"-" help:"Take the drain back: the hub serves again."`
}

// drainProgress is what the hub says about a drain.
type drainProgress struct {
	State       transport.DrainState `json:"state"`
	Connections int64                `json:"connections"`
}

func (d drainProgress) String() string {
	return fmt.Sprintf("%s, %d streams", d.State, d.Connections)
}

// Run begins to drain a hub, or takes that back. The hub goes on to run; SIGTERM
// then ends it without a further wait.
func (c *drainCmd) Run(p *program) error {
	if c.Wait && c.Cancel {
		return configErrorf("--wait and --cancel exclude each other")
	}
	key, err := c.apiKey(p, auth.ScopeAdmin)
	if err != nil {
		return err
	}
	method := http.MethodPost
	if c.Cancel {
		method = http.MethodDelete
	}
	now, err := c.order(p, method, key)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, now)
	for shown := now; c.Wait && now.State != transport.DrainDone; {
		pause(p.ctx, drainPoll)
		if now, err = c.order(p, http.MethodGet, key); err != nil {
			return err
		}
		if now.State == transport.DrainNone {
			return errDrainCancelled
		}
		if now != shown {
			fmt.Fprintln(p.stdout, now)
			shown = now
		}
	}
	return nil
}

func (c *drainCmd) order(p *program, method, key string) (now drainProgress, err error) {
	status, body, err := c.call(p, method, "/api/drain", key)
	if err != nil {
		return now, err
	}
	if status != http.StatusOK && status != http.StatusAccepted {
		return now, fmt.Errorf("ask hub: status %d: %s", status, bytes.TrimSpace(body))
	}
	if err := json.Unmarshal(body, &now); err != nil {
		return now, fmt.Errorf("read answer: %w", err)
	}
	return now, nil
}
