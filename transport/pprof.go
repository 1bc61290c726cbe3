package transport

import (
	"bytes"

	"github.com/valyala/fasthttp/pprofhandler"

	"example.org/hub/auth"
)

// pprof serves /debug/pprof/. On a loopback listener it needs no credentials,
// which `go tool pprof` cannot send; on any other it needs the scope admin.
func (s *Server) pprof(c *call) error {
	if !s.cfg.Pprof {
		return errNotFound
	}
	if !s.internalLoopback.Load() {
		if _, err := s.authorise(c.rc, auth.ScopeAdmin); err != nil {
			return err
		}
	}
	if bytes.IndexByte(c.rc.URI().PathOriginal(), '%') >= 0 {
		return errNotFound // the handler would decode the path once more
	}
	pprofhandler.PprofHandler(c.rc)
	return nil
}
