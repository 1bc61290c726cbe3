package transport

import (
	"bytes"
	"context"

	"github.com/valyala/fasthttp"

	"example.org/hub/auth"
)

// mercureCookie is the cookie that Mercure's clients send.
const mercureCookie = "mercureAuthorization"

// mercureCredential returns the token of a request: of the Authorization header,
// else of the query, else of the cookie; nil if it has none of them, and an empty
// one for a header of another scheme. One that is bad is not passed over for the
// next. On the internal listener, whose origins are not checked, cookies count for
// nothing.
func (s *Server) mercureCredential(c *call) ([]byte, error) {
	h := &c.rc.Request.Header
	if header := h.Peek(fasthttp.HeaderAuthorization); len(header) > 0 {
		return []byte(bearer(header)), nil
	}
	if query := c.rc.QueryArgs(); query.Has("authorization") {
		return append([]byte{}, query.Peek("authorization")...), nil
	}
	cookie := h.Cookie(mercureCookie)
	if len(cookie) == 0 || s.isInternal(c) {
		return nil, nil
	}
	if err := s.checkMercureCookie(c); err != nil {
		return nil, err
	}
	return cookie, nil
}

// checkMercureCookie is checkCookieUse for browsers and proxies that leave out the
// Origin: then the Referer may say where a POST comes from.
func (s *Server) checkMercureCookie(c *call) error {
	err := checkCookieUse(c)
	if err == nil || !c.rc.IsPost() {
		return err
	}
	h := &c.rc.Request.Header
	origin := originOf(h.Peek(fasthttp.HeaderReferer))
	if len(origin) > 0 && (s.origins.Load().allows(origin) || sameOrigin(origin, h.Host())) {
		return nil
	}
	return err
}

// originOf returns scheme, host and port of a URL.
func originOf(url []byte) []byte {
	scheme, rest, ok := bytes.Cut(url, []byte("://"))
	if !ok {
		return nil
	}
	if end := bytes.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return url[:len(scheme)+len("://")+len(rest)]
}

// verifyMercure checks a token, nil for none.
func (s *Server) verifyMercure(credential []byte, by MercureVerifier) (auth.MercureToken, error) {
	none := auth.MercureToken{}
	switch {
	case credential == nil:
		return none, unauthorised(auth.ErrMissing)
	case by == nil:
		return none, unauthorised(auth.ErrUnknownKey)
	case len(credential) == 0:
		return none, unauthorised(auth.ErrMalformed)
	}
	token, err := by.VerifyMercure(context.Background(), string(credential))
	if err == nil {
		err = s.revocations.Check(&token.Principal)
	}
	if err != nil {
		return none, unauthorised(err)
	}
	return token, nil
}
