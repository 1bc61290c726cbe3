package transport

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/cluster"
	"example.org/hub/sse"
)

// dashboardTopic is what services send to for all dashboards to show.
const dashboardTopic = "dashboard"

// dashboardUpdate is what a hub tells its dashboards each second. The first of a
// stream carries the last ten minutes as well.
type dashboardUpdate struct {
	figures
	LatencyP50Ms float64      `json:"latencyP50Ms"` // from publish to socket in the last second, 0 if nothing was delivered
	LatencyP99Ms float64      `json:"latencyP99Ms"`
	TopEvents    []eventCount `json:"topEvents"`          // accepted here since the start, at most 10
	Connects     []arrival    `json:"connects,omitempty"` // since the last update, at most 10; 50 in the first
	Hubs         []figures    `json:"hubs,omitempty"`     // each hub by name, if there are several
	History      *chronicle   `json:"history,omitempty"`  // in the first update only
}

// subscribeDashboard serves GET /api/dashboard/sse: the hub's own figures once a
// second, and the topic "dashboard".
func (s *Server) subscribeDashboard(c *call) error {
	return s.stream(c, func(user *auth.Principal, attach *actors.Attach) error {
		if !user.Has(auth.ScopeDashboard) {
			return forbidden("missing_scope", "", deniedScope, "this needs the scope "+string(auth.ScopeDashboard))
		}
		snapshot, err := s.snapshot()
		if err != nil {
			return err
		}
		attach.Topics = withDashboard(attach.Topics)
		attach.Dashboard, attach.Snapshot = true, snapshot
		s.dashboards.Add(1)
		return nil
	})
}

func withDashboard(topics []string) []string {
	if slices.Contains(topics, dashboardTopic) {
		return topics
	}
	return append(topics, dashboardTopic)
}

// updateDashboard gives the figures to the dashboards. Only the beat calls it.
func (s *Server) updateDashboard() {
	u := s.dashboardUpdate()
	u.Connects, s.shown = s.activity.latest(s.shown, maxConnectsNow)
	u.Hubs = s.hubs(u.figures)
	frame, err := u.frame()
	if err != nil {
		s.log.Error("dashboard not updated", "err", err)
		return
	}
	s.hub.UpdateDashboard(frame)
}

// snapshot is the first frame of a dashboard. The other hubs are in the next.
func (s *Server) snapshot() ([]byte, error) {
	u := s.dashboardUpdate()
	u.Connects, _ = s.activity.latest(0, maxConnects)
	u.History = s.series.chronicle()
	return u.frame()
}

func (s *Server) dashboardUpdate() *dashboardUpdate {
	p := s.series.newest()
	return &dashboardUpdate{figures: s.figures(), LatencyP50Ms: p.p50, LatencyP99Ms: p.p99, TopEvents: s.activity.top()}
}

// hubs returns the figures of all hubs by name, or nil if this one is alone.
func (s *Server) hubs(own figures) []figures {
	others, _ := gather[figures](s.life, s, cluster.Question{Kind: cluster.Stats})
	if len(others) == 0 {
		return nil
	}
	all := []figures{own}
	for _, o := range others {
		o.answer.Draining = o.answer.Draining || o.lease.State == cluster.Draining
		all = append(all, o.answer)
	}
	slices.SortFunc(all, func(a, b figures) int { return strings.Compare(a.Instance, b.Instance) })
	return all
}

func (u *dashboardUpdate) frame() ([]byte, error) {
	data, err := json.Marshal(u)
	if err != nil {
		return nil, fmt.Errorf("encode figures: %w", err)
	}
	return sse.AppendEvent(nil, &sse.Event{Name: sse.EventDashboardUpdate, Data: data})
}
