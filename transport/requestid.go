package transport

import (
	"context"
	"crypto/rand"
	"log/slog"

	"github.com/valyala/fasthttp"
)

// headerRequestID names one request in the logs of all who handled it.
const headerRequestID = "X-Request-Id"

// maxRequestID is the longest one that is taken from a client, in bytes.
const maxRequestID = 128

// echoID takes the request's id over into the response. One that is not valid, which
// somebody may have sent to confuse whoever reads logs, is replaced. Without one
// nothing happens: the id would be of use to nobody as long as nothing is logged.
func (c *call) echoID() {
	sent := c.rc.Request.Header.Peek(headerRequestID)
	if len(sent) == 0 {
		return
	}
	if !validRequestID(sent) {
		c.rc.Response.Header.Set(headerRequestID, newRequestID())
		return
	}
	c.rc.Response.Header.SetBytesV(headerRequestID, sent)
}

// sentID returns the id that echoID took over, or "".
func (c *call) sentID() string { return string(c.rc.Response.Header.Peek(headerRequestID)) }

// requestID returns the request's id for the log. If the request had none, the answer
// tells the one that is made for it.
func (c *call) requestID() string {
	if id := c.sentID(); id != "" {
		return id
	}
	id := newRequestID()
	c.rc.Response.Header.Set(headerRequestID, id)
	return id
}

func newRequestID() string { return rand.Text() }

// validRequestID accepts printable ASCII without spaces.
func validRequestID(b []byte) bool {
	if len(b) > maxRequestID {
		return false
	}
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// logRefused logs what a client was refused, for those who look for it.
func (s *Server) logRefused(rc *fasthttp.RequestCtx, path, id string, p *problem) {
	if s.log.Enabled(context.Background(), slog.LevelDebug) {
		s.log.Debug("request refused", "path", path, "status", p.status, "code", p.code,
			"remote_ip", s.remotes.Load().address(rc).String(), "request_id", id)
	}
}
