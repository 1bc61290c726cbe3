package transport

import "time"

// figures are what a hub counts, as GET /api/stats and dashboards show them.
// Messages in are those that were accepted here, messages out the events that
// sockets of this hub took.
type figures struct {
	Instance             string  `json:"instance,omitempty"`
	Time                 int64   `json:"time"` // unix ms
	UptimeSeconds        float64 `json:"uptimeSeconds"`
	TotalConnections     int64   `json:"totalConnections"`
	UniqueUsers          int64   `json:"uniqueUsers"`
	Topics               int64   `json:"topics"`
	ConnectionsOpened    uint64  `json:"connectionsOpened"`
	SlowConsumers        uint64  `json:"slowConsumers"`
	MessagesIn           uint64  `json:"messagesIn"`
	MessagesOut          uint64  `json:"messagesOut"`
	BytesOut             uint64  `json:"bytesOut"`
	MessagesInPerSecond  spans   `json:"messagesInPerSecond"`
	MessagesOutPerSecond spans   `json:"messagesOutPerSecond"`
	Draining             bool    `json:"draining"`
}

// statsAnswer is the answer of GET /api/stats: who answers, the sums over all
// hubs that it knows of, and each of them.
type statsAnswer struct {
	Instance  string    `json:"instance"`
	Total     figures   `json:"total"`
	Instances []figures `json:"instances"`
}

// figures reads counters; it asks no actor.
func (s *Server) figures() figures {
	now := time.Now()
	st := s.hub.Stats()
	f := figures{
		Instance:          s.cfg.Instance,
		Time:              now.UnixMilli(),
		UptimeSeconds:     now.Sub(s.started).Seconds(),
		TotalConnections:  st.Connections,
		UniqueUsers:       st.Users,
		Topics:            st.Topics,
		ConnectionsOpened: st.ConnectionsTotal,
		SlowConsumers:     st.SlowConsumers,
		MessagesIn:        s.messagesIn.Load(),
		MessagesOut:       st.EventsDelivered,
		BytesOut:          st.BytesSent,
		Draining:          s.hub.Draining(),
	}
	f.MessagesInPerSecond, f.MessagesOutPerSecond = s.rates.spans()
	return f
}

// showStats serves GET /api/stats. A log in memory has one hub, which is the sum.
func (s *Server) showStats(c *call) error {
	own := s.figures()
	total := own
	total.Instance = ""
	return s.answerJSON(c, statsAnswer{Instance: own.Instance, Total: total, Instances: []figures{own}})
}

// beat runs once a second for as long as the server does.
func (s *Server) beat() {
	defer close(s.beatDone)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		s.rates.add(sample{in: s.messagesIn.Load(), out: s.hub.Stats().EventsDelivered})
		if s.dashboards.Load() > 0 {
			s.updateDashboard()
		}
		select {
		case <-tick.C:
		case <-s.stop:
			return
		}
	}
}
