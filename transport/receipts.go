package transport

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.org/hub/cluster"
	"example.org/hub/history"
)

// errQuestion is why a question of another hub gets no answer.
var errQuestion = errors.New("unknown kind of question")

// The pauses between questions to hubs that the record has not reached yet.
const (
	minRecount = 2 * time.Millisecond
	maxRecount = 64 * time.Millisecond
)

// count is whom a record has reached on one hub.
type count struct {
	Connections int  `json:"c"`
	Users       int  `json:"u"`
	Known       bool `json:"k"`
}

// wantsAllHubs reports whether a publisher wants to know whom its messages reach
// on all hubs, and this hub can find out.
func (s *Server) wantsAllHubs(c *call) bool {
	return s.cluster != nil && s.counts != nil && string(c.rc.QueryArgs().Peek("receipt")) == "cluster"
}

// countsOf tells another hub whom its records have reached here.
func (s *Server) countsOf(q cluster.Question) []count {
	counts := make([]count, len(q.Nonces))
	if s.counts == nil {
		return counts
	}
	for i, nonce := range q.Nonces {
		k := &counts[i]
		k.Connections, k.Users, k.Known = s.counts.Count(q.Origin, nonce)
	}
	return counts
}

// countAll adds to the outcomes of this hub those of the others. It asks again
// while some of them are behind, for cluster.GatherTimeout in all.
func (s *Server) countAll(pending []*history.Pending, outs []*delivered) {
	if len(pending) == 0 {
		return
	}
	q := cluster.Question{Kind: cluster.Receipt, Origin: s.counts.Origin()}
	for _, p := range pending {
		q.Nonces = append(q.Nonces, p.Nonce())
	}
	ctx, cancel := context.WithTimeout(s.life, cluster.GatherTimeout)
	defer cancel()
	all, seen := s.recount(ctx, q)
	for i, out := range outs {
		out.Silent, out.Partial = slices.Clone(seen.Silent), seen.Partial
		for _, g := range all {
			if k := g.answer[i]; k.Known {
				out.Connections += k.Connections
				out.Users += k.Users
			} else {
				out.add(g.lease.Hub)
			}
		}
	}
}

// recount asks until all hubs know all counts or ctx ends, and returns the last
// answers.
func (s *Server) recount(ctx context.Context, q cluster.Question) (all []gathered[[]count], seen coverage) {
	for wait := minRecount; ; wait = min(2*wait, maxRecount) {
		again, silent := gather[[]count](ctx, s, q)
		again = slices.DeleteFunc(again, func(g gathered[[]count]) bool {
			if len(g.answer) != len(q.Nonces) {
				silent.add(g.lease.Hub)
				return true
			}
			return false
		})
		if all == nil || ctx.Err() == nil { // what came too late is not better than what was known before
			all, seen = again, silent
		}
		if settled(all) {
			return all, seen
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return all, seen
		}
	}
}

// settled reports whether every hub that answered knows every count.
func settled(all []gathered[[]count]) bool {
	for _, g := range all {
		if slices.ContainsFunc(g.answer, func(k count) bool { return !k.Known }) {
			return false
		}
	}
	return true
}
