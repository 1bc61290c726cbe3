package transport

import (
	"bytes"
	"strings"

	"github.com/valyala/fasthttp"
)

// What pages of other origins may do (Fetch standard, section 3.3). The list of
// origins is exact and the answer names the one that asked, since streams are
// read with credentials.
const (
	corsHeaders = "Authorization, Last-Event-ID, Cache-Control, X-SSE-Client, X-Request-ID"
	corsExpose  = "Retry-After, X-Request-ID"
	corsMaxAge  = "7200" // seconds; browsers take no more
)

// originRule knows the pages that may use the public listener.
type originRule struct {
	exact     map[string]bool
	localhost bool
}

func newOriginRule(origins []string, localhost bool) originRule {
	r := originRule{exact: make(map[string]bool, len(origins)), localhost: localhost}
	for _, o := range origins {
		r.exact[o] = true
	}
	return r
}

// allows reports whether pages of the origin may read answers.
func (r *originRule) allows(origin []byte) bool {
	return r.exact[string(origin)] || (r.localhost && isLocalhost(origin))
}

// isLocalhost accepts http and https on any port of this machine.
func isLocalhost(origin []byte) bool {
	rest, ok := bytes.CutPrefix(origin, []byte("http://"))
	if !ok {
		if rest, ok = bytes.CutPrefix(origin, []byte("https://")); !ok {
			return false
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
		port, ok := bytes.CutPrefix(rest, []byte(host))
		if ok && (len(port) == 0 || (len(port) > 1 && port[0] == ':' && onlyDigits(port[1:]))) {
			return true
		}
	}
	return false
}

func onlyDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// sameOrigin reports whether a page came from this very host. The scheme is not
// compared: behind a proxy that ends TLS the hub does not know its own.
func sameOrigin(origin, host []byte) bool {
	_, rest, ok := bytes.Cut(origin, []byte("://"))
	return ok && len(host) > 0 && bytes.EqualFold(rest, host)
}

// checkOrigin refuses pages of strangers, lets those that are allowed read the
// answer, and remembers their origin for the head of a stream.
func (s *Server) checkOrigin(c *call) error {
	h := &c.rc.Request.Header
	origin := h.Peek(fasthttp.HeaderOrigin)
	if len(origin) == 0 {
		return nil
	}
	if s.origins.Load().allows(origin) {
		c.origin = origin
		out := &c.rc.Response.Header
		out.SetBytesV(fasthttp.HeaderAccessControlAllowOrigin, origin)
		out.Set(fasthttp.HeaderAccessControlAllowCredentials, "true")
		out.Set(fasthttp.HeaderAccessControlExposeHeaders, corsExpose)
		return nil
	}
	if sameOrigin(origin, h.Host()) {
		return nil
	}
	return errOrigin
}

// appendCORS appends the same headers to the head of a stream.
func appendCORS(b, origin []byte) []byte {
	b = append(b, "Vary: Origin\r\n"...)
	if origin == nil {
		return b
	}
	b = append(b, "Access-Control-Allow-Origin: "...)
	b = append(b, origin...)
	return append(b, "\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: "+corsExpose+"\r\n"...)
}

// preflight answers OPTIONS: for browsers what they may send, for others the
// methods of the path.
func (s *Server) preflight(c *call, found []*route) error {
	out := &c.rc.Response.Header
	methods := allow(found)
	out.Set(fasthttp.HeaderAllow, methods)
	if c.origin != nil && len(c.rc.Request.Header.Peek(fasthttp.HeaderAccessControlRequestMethod)) > 0 {
		out.Set(fasthttp.HeaderAccessControlAllowMethods, strings.TrimSuffix(methods, ", OPTIONS"))
		out.Set(fasthttp.HeaderAccessControlAllowHeaders, corsHeaders)
		out.Set(fasthttp.HeaderAccessControlMaxAge, corsMaxAge)
	}
	c.rc.SetStatusCode(fasthttp.StatusNoContent)
	return nil
}
