package transport

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/valyala/fasthttp"

	"example.org/hub/auth"
)

const (
	contentJSON   = "application/json"
	contentNDJSON = "application/x-ndjson"
	contentStream = "text/event-stream"
	noStore       = "no-store"
)

// call is one request on its way through the stations.
type call struct {
	rc     *fasthttp.RequestCtx
	route  *route
	id     string         // the path's parameter, decoded
	origin []byte         // of a page that may read the answer, nil for none
	caller auth.Principal // who may do what the route does, if that is not about streams
}

func (s *Server) handlePublic(rc *fasthttp.RequestCtx) {
	c := call{rc: rc}
	defer s.contain(&c)
	s.begin(&c)
	if err := s.dispatchPublic(&c); err != nil {
		s.fail(&c, err)
	}
}

func (s *Server) handleInternal(rc *fasthttp.RequestCtx) {
	c := call{rc: rc}
	defer s.contain(&c)
	s.begin(&c)
	if err := s.dispatchInternal(&c); err != nil {
		s.fail(&c, err)
	}
}

// begin prepares an answer. While the hub drains it is the last of its connection:
// the client's next request goes to another hub, and never meets the end of this one.
func (s *Server) begin(c *call) {
	c.echoID()
	if s.hub.Draining() {
		c.rc.SetConnectionClose()
	}
}

func (s *Server) dispatchPublic(c *call) error {
	if err := checkFraming(c.rc); err != nil {
		return err
	}
	found, err := s.find(s.publicRoutes, c)
	if err != nil {
		return err
	}
	c.rc.Response.Header.Set(fasthttp.HeaderVary, fasthttp.HeaderOrigin)
	if err := s.checkOrigin(c); err != nil {
		return err
	}
	if c.rc.IsOptions() {
		return s.preflight(c, found)
	}
	if err := c.choose(found); err != nil {
		return err
	}
	return c.route.handle(s, c)
}

func (s *Server) dispatchInternal(c *call) error {
	if err := checkFraming(c.rc); err != nil {
		return err
	}
	if err := s.checkHost(c.rc); err != nil {
		return err
	}
	found, err := s.find(s.internalRoutes, c)
	if err != nil {
		return err
	}
	if c.rc.IsOptions() {
		c.rc.Response.Header.Set(fasthttp.HeaderAllow, allow(found))
		c.rc.SetStatusCode(fasthttp.StatusNoContent)
		return nil
	}
	if err := c.choose(found); err != nil {
		return err
	}
	if c.route.scope != "" {
		start := time.Now()
		if c.caller, err = s.authorise(c.rc, c.route.scope); err != nil {
			return err
		}
		if c.route.scope == auth.ScopePublish {
			s.metrics.publishAuth.UpdateDuration(start)
		}
	}
	return c.route.handle(s, c)
}

// find sets the path's parameter and returns its routes.
func (s *Server) find(rt *router, c *call) ([]*route, error) {
	found, param := rt.find(c.rc.URI().PathOriginal())
	if found == nil {
		return nil, errNotFound
	}
	if param != nil {
		var err error
		if c.id, err = parameter(param); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (c *call) choose(found []*route) error {
	c.route = choose(found, c.rc.Method())
	if c.route == nil {
		c.rc.Response.Header.Set(fasthttp.HeaderAllow, allow(found))
		return errMethod
	}
	return nil
}

// fail answers an error, with the request's id. Errors that nobody foresaw are logged,
// once, here; others at Debug.
func (s *Server) fail(c *call, err error) {
	p, known := problemOf(err)
	id := c.requestID()
	if known {
		s.logRefused(c.rc, c.path(), id, p)
	} else {
		trace := traceparent(c.rc.Request.Header.Peek("Traceparent"))
		s.log.Error("request failed", "path", c.path(), "request_id", id, "traceparent", trace, "err", err)
	}
	p.answer(c.rc)
	s.metrics.problem(p)
	switch p {
	case errFraming, errBodyUnexpected, errHeaderMany, errURILong:
		// What follows on this connection may not be what it seems.
		c.rc.SetConnectionClose()
	}
}

// path is the route's path for logs: never what the client sent.
func (c *call) path() string {
	if c.route == nil {
		return ""
	}
	return c.route.path
}

// contain keeps a panic to the request that caused it. fasthttp does not.
func (s *Server) contain(c *call) {
	if v := recover(); v != nil {
		s.metrics.panics.Inc()
		s.log.Error("panic in a handler", "path", c.path(), "request_id", c.requestID(), "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		errInternal.answer(c.rc)
		c.rc.SetConnectionClose()
	}
}

// badRequest answers what fasthttp could not read as a request.
func (s *Server) badRequest(rc *fasthttp.RequestCtx, err error) {
	p, known := problemOf(err)
	if !known {
		p = errFraming
	}
	// fasthttp has forgotten the request if the body came in chunks.
	if h := &rc.Request.Header; p == errBodyTooLarge && len(h.RawHeaders()) > 0 && !mayHaveBody(h) {
		p = errBodyUnexpected
	}
	if lingers, ok := rc.Conn().(*lingerConn); ok {
		lingers.unread.Store(true)
	}
	c := call{rc: rc}
	c.echoID()
	s.logRefused(rc, "", c.requestID(), p)
	p.answer(rc)
	s.metrics.problem(p)
}
