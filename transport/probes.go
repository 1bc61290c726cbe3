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

// readyAnswer is what GET /readyz?verbose=1 answers.
type readyAnswer struct {
	Ready  bool          `json:"ready"`
	Checks []checkResult `json:"checks"`
}

// readyz serves GET /readyz: whether a load balancer is to send streams here.
func (s *Server) readyz(c *call) error {
	answer := s.ready()
	s.hideErrors(c, answer.Checks)
	return c.answerProbe(answer.Ready, "not ready: ", answer.Checks, answer)
}

// hideErrors keeps what fails from everybody out there.
func (s *Server) hideErrors(c *call, checks []checkResult) {
	if !s.isInternal(c) {
		for i := range checks {
			checks[i].Error = ""
		}
	}
}

// answerProbe answers 200 or 503: "ok" or one line for each check that fails, or
// everything as JSON.
func (c *call) answerProbe(ok bool, complaint string, checks []checkResult, all any) error {
	if !ok {
		c.rc.SetStatusCode(fasthttp.StatusServiceUnavailable)
	}
	if len(c.rc.QueryArgs().Peek("verbose")) > 0 {
		return c.answerJSON(all)
	}
	setNoStore(c.rc, "text/plain; charset=utf-8")
	if ok {
		c.rc.Response.AppendBodyString("ok\n")
		return nil
	}
	for _, check := range checks {
		if !check.OK {
			c.rc.Response.AppendBodyString(complaint + check.Name + "\n")
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
	results, ok := runChecks(checks)
	return readyAnswer{Ready: ok, Checks: results}
}

func runChecks(checks []Check) (results []checkResult, ok bool) {
	results, ok = make([]checkResult, 0, len(checks)), true
	for _, check := range checks {
		r := check.run()
		ok = ok && r.OK
		results = append(results, r)
	}
	return results, ok
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
