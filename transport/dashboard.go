package transport

import (
	"encoding/json"
	"fmt"
	"slices"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/sse"
)

// dashboardTopic is what services send to for all dashboards to show.
const dashboardTopic = "dashboard"

// subscribeDashboard serves GET /api/dashboard/sse: the hub's own figures once a
// second, and the topic "dashboard".
func (s *Server) subscribeDashboard(c *call) error {
	return s.stream(c, func(user *auth.Principal, attach *actors.Attach) error {
		if !user.Has(auth.ScopeDashboard) {
			return forbidden("missing_scope", "", deniedScope, "this needs the scope "+string(auth.ScopeDashboard))
		}
		attach.Topics = withDashboard(attach.Topics)
		attach.Dashboard = true
		if s.dashboards.Add(1) == 1 {
			s.updateDashboard() // the last one is as old as the last dashboard
		}
		return nil
	})
}

func withDashboard(topics []string) []string {
	if slices.Contains(topics, dashboardTopic) {
		return topics
	}
	return append(topics, dashboardTopic)
}

// updateDashboard gives the figures to the dashboards.
func (s *Server) updateDashboard() {
	frame, err := s.dashboardFrame()
	if err != nil {
		s.log.Error("dashboard not updated", "err", err)
		return
	}
	s.hub.UpdateDashboard(frame)
}

func (s *Server) dashboardFrame() ([]byte, error) {
	data, err := json.Marshal(s.figures())
	if err != nil {
		return nil, fmt.Errorf("encode figures: %w", err)
	}
	return sse.AppendEvent(nil, &sse.Event{Name: sse.EventDashboardUpdate, Data: data})
}
