package transport

import (
	"context"
	"encoding/json"

	"example.org/hub/actors"
	"example.org/hub/cluster"
	"example.org/hub/engine"
)

// coverage says of an answer that was gathered from all hubs whether it is whole.
type coverage struct {
	Partial bool     `json:"partial,omitempty"`
	Silent  []string `json:"silent,omitempty"` // the hubs that did not answer in time
}

// add notes a hub whose answer is missing.
func (c *coverage) add(hub string) { c.Partial, c.Silent = true, append(c.Silent, hub) }

// gathered is what one other hub answered.
type gathered[T any] struct {
	lease  engine.Lease
	answer T
}

// gather asks all other hubs. One whose answer cannot be read counts as silent.
func gather[T any](ctx context.Context, s *Server, q cluster.Question) (all []gathered[T], seen coverage) {
	if s.cluster == nil {
		return nil, coverage{}
	}
	replies, silent := s.cluster.Gather(ctx, q)
	for _, hub := range silent {
		seen.add(hub)
	}
	for _, r := range replies {
		g := gathered[T]{lease: r.Lease}
		if err := json.Unmarshal(r.Body, &g.answer); err != nil {
			seen.add(r.Lease.Hub)
			continue
		}
		all = append(all, g)
	}
	return all, seen
}

// Answer answers what another hub asks, with JSON, or with nil if it cannot. It
// takes at most half the time that the other waits.
func (s *Server) Answer(q cluster.Question) []byte {
	answer, err := s.answer(q)
	if err != nil {
		s.log.Debug("question of another hub not answered", "kind", string(q.Kind), "err", err)
		return nil
	}
	text, err := json.Marshal(answer)
	if err != nil {
		s.log.Error("answer for another hub not encoded", "kind", string(q.Kind), "err", err)
		return nil
	}
	return text
}

func (s *Server) answer(q cluster.Question) (any, error) {
	ctx, cancel := context.WithTimeout(s.life, cluster.GatherTimeout/2)
	defer cancel()
	switch q.Kind {
	case cluster.Stats:
		return s.figures(), nil
	case cluster.Users:
		users, err := s.hub.Users(ctx, q.After, max(1, min(q.Limit, maxUsers)))
		if users == nil {
			users = []actors.UserInfo{}
		}
		return users, err
	case cluster.User:
		user, _, err := s.hub.User(ctx, q.ID)
		return user, err
	case cluster.Receipt:
		return s.countsOf(q), nil
	case cluster.Changes: // the webhooks' part answers it
	}
	return nil, errQuestion
}
