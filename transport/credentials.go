package transport

import (
	"context"
	"errors"

	"github.com/valyala/fasthttp"

	"example.org/hub/auth"
	"example.org/hub/engine"
)

const (
	cookieName = "hub_token"
	apiKey     = "X-Api-Key" // fasthttp's spelling of X-API-Key
)

// errTokenInQuery refuses tokens where proxies and browsers write them down.
var errTokenInQuery = &problem{
	status: fasthttp.StatusBadRequest, code: "token_in_query",
	message: "tokens do not belong into the query: use the Authorization header, the cookie, or a one-time ticket",
}

// identify finds out which user calls the public listener: by bearer token,
// else by cookie, else by ticket. A bad credential is never passed over for the
// next one, and there is no anonymous user.
func (s *Server) identify(c *call, tickets bool) (auth.Principal, error) {
	query := c.rc.QueryArgs()
	if query.Has("token") || query.Has("access_token") || query.Has("jwt") {
		return auth.Principal{}, errTokenInQuery
	}
	p, err := s.present(c, tickets)
	if err != nil {
		return p, err
	}
	if err := s.revocations.Check(&p); err != nil {
		return auth.Principal{}, unauthorised(err)
	}
	return p, nil
}

func (s *Server) present(c *call, tickets bool) (auth.Principal, error) {
	h := &c.rc.Request.Header
	if header := h.Peek(fasthttp.HeaderAuthorization); len(header) > 0 {
		return s.verify(bearer(header))
	}
	if cookie := h.Cookie(cookieName); len(cookie) > 0 {
		if err := checkCookieUse(c); err != nil {
			return auth.Principal{}, err
		}
		return s.verify(string(cookie))
	}
	ticket := c.rc.QueryArgs().Peek("ticket")
	if !tickets || len(ticket) == 0 {
		return auth.Principal{}, unauthorised(auth.ErrMissing)
	}
	p, err := s.tickets.Redeem(string(ticket))
	if errors.Is(err, engine.ErrUnavailable) || errors.Is(err, engine.ErrClosed) {
		return p, err // whether it is good is not known
	}
	if err != nil {
		return p, unauthorised(err)
	}
	return p, nil
}

// verify checks a token, "" for one that could not be read.
func (s *Server) verify(token string) (auth.Principal, error) {
	if s.verifier == nil {
		return auth.Principal{}, unauthorised(auth.ErrUnknownKey)
	}
	if token == "" {
		return auth.Principal{}, unauthorised(auth.ErrMalformed)
	}
	p, err := s.verifier.Verify(context.Background(), token)
	if err != nil {
		return auth.Principal{}, unauthorised(err)
	}
	return p, nil
}

// bearer returns the token of an Authorization header (RFC 6750 section 2.1),
// "" if it is of another scheme.
func bearer(header []byte) string {
	const scheme = "bearer "
	if len(header) <= len(scheme) {
		return ""
	}
	for i := range len(scheme) {
		if header[i]|0x20 != scheme[i] {
			return ""
		}
	}
	return string(header[len(scheme):])
}

// errCookieUse refuses cookies that a browser sent along for a stranger.
var errCookieUse = &problem{
	status: fasthttp.StatusForbidden, code: "cross_site_cookie",
	message: "the cookie came with a request of another site, or of one that does not say where it comes from",
}

// checkCookieUse tells requests of our pages from those that a browser decorates
// with our cookie on behalf of a stranger's page. Origins of strangers have been
// refused already; here it is about requests without one. Browsers put an Origin
// on every POST.
func checkCookieUse(c *call) error {
	h := &c.rc.Request.Header
	if len(h.Peek(fasthttp.HeaderOrigin)) > 0 {
		return nil
	}
	switch string(h.Peek("Sec-Fetch-Site")) {
	case "same-origin", "none":
		return nil
	case "":
		if !c.rc.IsPost() {
			return nil
		}
	}
	return errCookieUse
}

// authorise finds out who calls the internal listener, a service by its key or
// anyone by a token, and whether the scope is theirs.
func (s *Server) authorise(rc *fasthttp.RequestCtx, scope auth.Scope) (auth.Principal, error) {
	p, err := s.service(rc)
	if err != nil {
		return p, err
	}
	if !p.Has(scope) {
		return p, forbidden("missing_scope", "", deniedScope, "this needs the scope "+string(scope))
	}
	return p, nil
}

func (s *Server) service(rc *fasthttp.RequestCtx) (auth.Principal, error) {
	if key := rc.Request.Header.Peek(apiKey); len(key) > 0 {
		if s.apiKeys == nil {
			return auth.Principal{}, unauthorised(auth.ErrUnknownKey)
		}
		p, err := s.apiKeys.Verify(string(key))
		if err != nil {
			return p, unauthorised(err)
		}
		return p, nil
	}
	return s.holder(rc)
}

// holder finds out whose token is in the Authorization header.
func (s *Server) holder(rc *fasthttp.RequestCtx) (auth.Principal, error) {
	header := rc.Request.Header.Peek(fasthttp.HeaderAuthorization)
	if len(header) == 0 {
		return auth.Principal{}, unauthorised(auth.ErrMissing)
	}
	p, err := s.verify(bearer(header))
	if err != nil {
		return p, err
	}
	if err := s.revocations.Check(&p); err != nil {
		return auth.Principal{}, unauthorised(err)
	}
	return p, nil
}

// ticketProblem tells a full office from a broken one.
func ticketProblem(err error) error {
	if errors.Is(err, auth.ErrTicketLimit) {
		return errTicketsOut
	}
	return err
}
