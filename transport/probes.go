package transport

import (
	"context"
	"errors"
	"time"

	"github.com/valyala/fasthttp"
)

// probeTimeout is how long a probe waits for each answer.
const probeTimeout = time.Second

var (
	errDraining = errors.New("the hub is draining")
	errFull     = errors.New("the hub has all the connections it may have")
)

// livez serves GET /livez: the tree answers. It depends on nothing outside of
// this process, since a restart would heal nothing there and cost all streams.
func (s *Server) livez(c *call) error {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	setNoStore(c.rc, "text/plain; charset=utf-8")
	if err := s.hub.Ping(ctx); err != nil {
		c.rc.SetStatusCode(fasthttp.StatusServiceUnavailable)
		c.rc.Response.AppendBodyString("the actors do not answer\n")
		return nil
	}
	c.rc.Response.AppendBodyString("ok\n")
	return nil
}

// checkResult is one line of GET /readyz?verbose=1.
type checkResult struct {
	Name       string  `json:"name"`
	OK         bool    `json:"ok"`
	DurationMs float64 `json:"durationMs"`
	Error      string  `json:"error,omitempty"`
}

type readyAnswer struct {
	Ready  bool          `json:"ready"`
	Checks []checkResult `json:"checks"`
}

// readyz serves GET /readyz: whether a load balancer is to send streams here.
func (s *Server) readyz(c *call) error {
	answer := s.ready()
	if !answer.Ready {
		c.rc.SetStatusCode(fasthttp.StatusServiceUnavailable)
	}
	if len(c.rc.QueryArgs().Peek("verbose")) > 0 {
		if !s.isInternal(c) { // what fails is nobody's business out there
			for i := range answer.Checks {
				answer.Checks[i].Error = ""
			}
		}
		return s.answerJSON(c, answer)
	}
	setNoStore(c.rc, "text/plain; charset=utf-8")
	if answer.Ready {
		c.rc.Response.AppendBodyString("ok\n")
		return nil
	}
	for _, check := range answer.Checks {
		if !check.OK {
			c.rc.Response.AppendBodyString("not ready: " + check.Name + "\n")
		}
	}
	return nil
}

// ready runs every check.
func (s *Server) ready() readyAnswer {
	checks := append([]Check{
		{"draining", func(context.Context) error {
			if s.hub.Draining() || s.drainState() != DrainNone { // from the order on, before the first stream ends
				return errDraining
			}
			return nil
		}},
		{"connections", func(context.Context) error {
			if s.limits.full() {
				return errFull
			}
			return nil
		}},
		{"actors", s.hub.Ping},
	}, s.checks...)
	answer := readyAnswer{Ready: true, Checks: make([]checkResult, 0, len(checks))}
	for _, check := range checks {
		r := check.run()
		answer.Ready = answer.Ready && r.OK
		answer.Checks = append(answer.Checks, r)
	}
	return answer
}

func (c Check) run() checkResult {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	start := time.Now()
	err := c.Run(ctx)
	r := checkResult{Name: c.Name, OK: err == nil, DurationMs: float64(time.Since(start)) / float64(time.Millisecond)}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}
