package transport

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// Health serves the probes, and nothing else, on a listener of their own. It is there
// before the rest of a hub, which waits for its log, and after it: a probe that finds
// nobody cannot tell a start or a stop from a crash. What fails is not shown.
type Health struct {
	log    *slog.Logger
	http   *fasthttp.Server
	routes *router
	server atomic.Pointer[Server] // nil until Use
	over   atomic.Bool            // the Server is not to be asked any more
	stop   chan struct{}
}

// What an orchestrator and some load balancers need, and no more.
const (
	healthConnections = 256
	healthTimeout     = 10 * time.Second
	healthHeader      = 4 << 10
)

// NewHealth returns probes for a hub that is still to be made.
func NewHealth(log *slog.Logger) *Health {
	h := &Health{log: log, routes: newRouter(health, routes), stop: make(chan struct{})}
	h.http = &fasthttp.Server{
		Handler:               h.handle,
		ErrorHandler:          h.badRequest,
		Logger:                fasthttpLog{log},
		Concurrency:           healthConnections,
		ReadBufferSize:        healthHeader,
		ReadTimeout:           healthTimeout,
		WriteTimeout:          healthTimeout,
		IdleTimeout:           time.Minute,
		MaxRequestBodySize:    1,
		NoDefaultServerHeader: true,
		NoDefaultContentType:  true,
		SecureErrorLogMessage: true,
		CloseOnShutdown:       true,
	}
	return h
}

// Use has the probes ask s from now on.
func (h *Health) Use(s *Server) { h.server.Store(s) }

// Ending has the probes ask nobody any more: the hub is alive, and not ready.
func (h *Health) Ending() { h.over.Store(true) }

// Serve serves until Shutdown, and then returns nil.
func (h *Health) Serve(ln net.Listener) error {
	patient := patientListener{Listener: ln, stop: h.stop, failed: func(err error) {
		h.log.Debug("connection not accepted", "addr", ln.Addr().String(), "err", err)
	}}
	if err := h.http.Serve(patient); err != nil {
		return fmt.Errorf("serve health listener: %w", err)
	}
	return nil
}

// Shutdown stops to accept and waits for answers under way. It is called once.
func (h *Health) Shutdown(ctx context.Context) error {
	close(h.stop)
	if err := h.http.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("shut down health listener: %w", err)
	}
	return nil
}

func (h *Health) handle(rc *fasthttp.RequestCtx) {
	c := call{rc: rc}
	if err := h.dispatch(&c); err != nil {
		h.badRequest(rc, err)
	}
}

func (h *Health) dispatch(c *call) error {
	if err := checkFraming(c.rc); err != nil {
		c.rc.SetConnectionClose()
		return err
	}
	found, _ := h.routes.find(c.rc.URI().PathOriginal())
	if found == nil {
		return errNotFound
	}
	if err := c.choose(found); err != nil {
		return err
	}
	s := h.server.Load()
	if s == nil || h.over.Load() {
		return h.answer(c, s)
	}
	defer s.contain(c)
	return c.route.handle(s, c)
}

// answer answers for a hub that is not made yet, or is being ended.
func (h *Health) answer(c *call, s *Server) error {
	checks := []checkResult{{Name: "starting"}}
	if s != nil {
		checks[0].Name = "ending"
	}
	switch c.route.path {
	case "/readyz":
		return c.answerProbe(false, "not ready: ", checks, readyAnswer{Checks: checks})
	case "/startupz":
		if s != nil && s.hasStarted.Load() {
			return c.answerProbe(true, "", nil, startAnswer{Started: true, Checks: []checkResult{}})
		}
		return c.answerProbe(false, "not started: ", checks, startAnswer{Checks: checks})
	}
	setNoStore(c.rc, "text/plain; charset=utf-8")
	c.rc.Response.AppendBodyString("ok\n") // the process is here
	return nil
}

// badRequest answers an error. There are no metrics of these.
func (h *Health) badRequest(rc *fasthttp.RequestCtx, err error) {
	p, known := problemOf(err)
	if !known {
		p = errFraming
	}
	p.answer(rc)
}
