package cluster

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"example.org/hub/engine"
)

// Reply is what another hub answered.
type Reply struct {
	Lease engine.Lease
	Body  json.RawMessage
}

// Gather asks all other hubs, and returns their replies, by name, and the names
// of those that did not answer within GatherTimeout or before ctx ended. It
// returns as soon as all have. Hubs without a lease do not count. For a hub that
// is alone it costs nothing.
func (m *Member) Gather(ctx context.Context, q Question) (replies []Reply, silent []string) {
	if len(m.others.list()) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, GatherTimeout)
	defer cancel()
	leases, err := m.refresh(ctx)
	if err != nil {
		leases = m.others.list() // those of before; they will hardly answer
	}
	bodies := m.ask(ctx, q, leases)
	for _, l := range leases {
		if body, ok := bodies[l.Hub]; ok {
			replies = append(replies, Reply{Lease: l, Body: body})
		} else {
			silent = append(silent, l.Hub)
		}
	}
	return replies, silent
}

// ask returns the replies by hub.
func (m *Member) ask(ctx context.Context, q Question, leases []engine.Lease) map[string]json.RawMessage {
	bodies := make(map[string]json.RawMessage, len(leases))
	text, err := q.encode(m.cfg.Hub)
	if err != nil || len(leases) == 0 {
		return bodies
	}
	err = m.cfg.Cluster.Ask(ctx, text, func(hub string, body []byte) bool {
		if slices.ContainsFunc(leases, func(l engine.Lease) bool { return l.Hub == hub }) {
			bodies[hub] = slices.Clone(body)
		}
		return len(bodies) < len(leases)
	})
	if err != nil && ctx.Err() == nil {
		m.cfg.Log.Debug("hubs not asked", "kind", string(q.Kind), "err", err)
	}
	return bodies
}

// greetTimeout is for other hubs to notice a lease that has changed.
const greetTimeout = 250 * time.Millisecond

// greet tells the others of this hub's lease, so that they need not wait for their
// next look to know it. Those that miss it have that look.
func (m *Member) greet(ctx context.Context) {
	others := m.others.list()
	if len(others) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, greetTimeout)
	defer cancel()
	l := m.lease()
	m.ask(ctx, Question{Kind: hello, Lease: &l}, others)
}

// reply answers a question of another hub, and none of its own.
func (m *Member) reply(text []byte, answer func(Question) []byte) []byte {
	q, err := parseQuestion(text)
	if err != nil || q.From == m.cfg.Hub {
		return nil
	}
	if q.Kind == hello {
		if q.Lease != nil {
			m.others.put(*q.Lease)
		}
		return []byte("{}")
	}
	return answer(q)
}
