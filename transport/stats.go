package transport

import (
	"context"
	"slices"
	"strings"
	"time"

	"example.org/hub/cluster"
)

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
// hubs that have answered, and each of them by name.
type statsAnswer struct {
	Instance  string    `json:"instance"`
	Total     figures   `json:"total"`
	Instances []figures `json:"instances"`
	coverage
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

// showStats serves GET /api/stats.
func (s *Server) showStats(c *call) error {
	own := s.figures()
	total := own
	total.Instance = ""
	answer := statsAnswer{Instance: own.Instance, Total: total, Instances: []figures{own}}
	others, seen := gather[figures](context.Background(), s, cluster.Question{Kind: cluster.Stats})
	for _, o := range others {
		f := o.answer
		f.Draining = f.Draining || o.lease.State == cluster.Draining
		answer.Total.add(&f)
		answer.Instances = append(answer.Instances, f)
	}
	slices.SortFunc(answer.Instances, func(a, b figures) int { return strings.Compare(a.Instance, b.Instance) })
	answer.coverage = seen
	return c.answerJSON(answer)
}

// add makes f the figures of two hubs. A user or a topic with connections to both
// counts twice; the time and the uptime stay those of the hub that answers; the
// sum is draining when all of them are.
func (f *figures) add(o *figures) {
	f.TotalConnections += o.TotalConnections
	f.UniqueUsers += o.UniqueUsers
	f.Topics += o.Topics
	f.ConnectionsOpened += o.ConnectionsOpened
	f.SlowConsumers += o.SlowConsumers
	f.MessagesIn += o.MessagesIn
	f.MessagesOut += o.MessagesOut
	f.BytesOut += o.BytesOut
	f.MessagesInPerSecond.add(o.MessagesInPerSecond)
	f.MessagesOutPerSecond.add(o.MessagesOutPerSecond)
	f.Draining = f.Draining && o.Draining
}

// beat runs once a second for as long as the server does.
func (s *Server) beat() {
	defer close(s.beatDone)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		s.startup() // also if nobody asks while all is well
		st := s.hub.Stats()
		s.rates.add(sample{in: s.messagesIn.Load(), out: st.EventsDelivered})
		s.series.add(s.point(time.Now(), &st))
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
