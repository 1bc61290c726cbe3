package transport

import "github.com/valyala/fasthttp"

// drainValues are what hub_drain_state shows.
var drainValues = map[DrainState]float64{DrainNone: 0, DrainAnnounced: 1, DrainRunning: 1, DrainDone: 2}

// drainAnswer is what the routes of /api/drain answer.
type drainAnswer struct {
	State       DrainState `json:"state"`
	Connections int64      `json:"connections"` // that are left
}

func (s *Server) drainState() DrainState {
	switch {
	case s.drain != nil:
		return s.drain.State()
	case s.hub.Draining():
		return DrainRunning
	}
	return DrainNone
}

// showDrain serves GET /api/drain.
func (s *Server) showDrain(c *call) error {
	return c.answerJSON(drainAnswer{s.drainState(), s.hub.Stats().Connections})
}

// beginDrain serves POST /api/drain. It does not wait: that may take minutes.
func (s *Server) beginDrain(c *call) error {
	if s.drain == nil {
		return errNotFound
	}
	s.drain.Begin()
	s.log.Info("drain ordered", "by", c.caller.Name(), "request_id", c.requestID())
	c.rc.SetStatusCode(fasthttp.StatusAccepted)
	return s.showDrain(c)
}

// cancelDrain serves DELETE /api/drain.
func (s *Server) cancelDrain(c *call) error {
	if s.drain == nil {
		return errNotFound
	}
	if !s.drain.Cancel() {
		return errStopping
	}
	s.log.Info("drain cancelled", "by", c.caller.Name(), "request_id", c.requestID())
	return s.showDrain(c)
}
