package transport

import (
	"errors"
	"net"
	"strconv"

	"github.com/valyala/fasthttp"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/engine"
)

// problem is an error as a client sees it. This file is the only place that
// turns errors into answers.
type problem struct {
	status     int
	code       string // stable, for programs
	message    string // for people
	field      string // which part of the request, "" for none
	retryAfter int    // seconds, 0 for none
	reason     string // of an authorisation failure, for metrics
}

func (p *problem) Error() string { return p.message }

// invalid is a 400 about one field of the request.
func invalid(code, field, message string) *problem {
	return &problem{status: fasthttp.StatusBadRequest, code: code, field: field, message: message}
}

// The problems that are the same each time.
var (
	errNotFound = &problem{
		status: fasthttp.StatusNotFound, code: "not_found",
		message: "there is nothing at this path of this listener",
	}
	errMethod = &problem{
		status: fasthttp.StatusMethodNotAllowed, code: "method_not_allowed",
		message: "this path does not have this method; the Allow header lists those it has",
	}
	errFraming = &problem{
		status: fasthttp.StatusBadRequest, code: "bad_request",
		message: "the request is not well-formed HTTP/1.1",
	}
	errMisdirected = &problem{
		status: fasthttp.StatusMisdirectedRequest, code: "unknown_host", field: "Host",
		message: "the internal listener does not go by this name; add it to the internal hosts",
	}
	errOrigin = &problem{
		status: fasthttp.StatusForbidden, code: "origin_not_allowed", field: "Origin",
		message: "pages of this origin may not use the hub; add it to the allowed origins",
	}
	errURILong = &problem{
		status: fasthttp.StatusRequestURITooLong, code: "uri_too_long",
		message: "the request target is longer than " + strconv.Itoa(maxTarget) + " bytes",
	}
	errHeaderLarge = &problem{
		status: fasthttp.StatusRequestHeaderFieldsTooLarge, code: "header_too_large",
		message: "the request line and headers are longer than the header limit",
	}
	errHeaderMany = &problem{
		status: fasthttp.StatusRequestHeaderFieldsTooLarge, code: "header_too_large",
		message: "the request has more than " + strconv.Itoa(maxHeaderLines) + " header lines",
	}
	errBodyUnexpected = &problem{
		status: fasthttp.StatusBadRequest, code: "body_not_allowed",
		message: "a request with this method has no body",
	}
	errBodyTooLarge = &problem{
		status: fasthttp.StatusRequestEntityTooLarge, code: "body_too_large",
		message: "the body is larger than this path takes",
	}
	errTimeout = &problem{
		status: fasthttp.StatusRequestTimeout, code: "request_timeout",
		message: "the request did not arrive in time",
	}
	errUnavailable = &problem{
		status: fasthttp.StatusServiceUnavailable, code: "engine_unavailable", retryAfter: 1,
		message: "nothing is known to be stored: repeat with the same Idempotency-Key",
	}
	errKeysUnavailable = &problem{
		status: fasthttp.StatusServiceUnavailable, code: "keys_unavailable", retryAfter: 5,
		message: "the keys that tokens are checked with could not be fetched: the token may be good",
	}
	errTicketsOut = &problem{
		status: fasthttp.StatusServiceUnavailable, code: "too_many_tickets", retryAfter: 5,
		message: "too many tickets wait to be used",
	}
	errBusy = &problem{
		status: fasthttp.StatusServiceUnavailable, code: "timeout", retryAfter: 1,
		message: "the hub did not answer in time",
	}
	errStopping = &problem{
		status: fasthttp.StatusConflict, code: "stopping",
		message: "the hub is stopping, and a drain cannot be taken back any more",
	}
	errInternal = &problem{
		status: fasthttp.StatusInternalServerError, code: "internal",
		message: "internal error",
	}
)

// unauthorised answers missing or bad credentials. All bad ones get the same
// text but for their reason: an expired token is the holder's own to know. Of one
// that cannot be checked it is not known that it is bad.
func unauthorised(err error) *problem {
	if errors.Is(err, auth.ErrKeysUnavailable) {
		p := *errKeysUnavailable
		p.reason = auth.Reason(err)
		return &p
	}
	p := &problem{
		status: fasthttp.StatusUnauthorized, code: "invalid_credentials",
		message: "the token, ticket or key is not valid", reason: auth.Reason(err),
	}
	switch {
	case errors.Is(err, auth.ErrMissing):
		p.code, p.message = "missing_credentials", "the request carries no token, ticket or key"
	case errors.Is(err, auth.ErrExpired):
		p.code, p.message = "token_expired", "the token has expired"
	case errors.Is(err, auth.ErrRevoked):
		p.code, p.message = "token_revoked", "the token was revoked"
	}
	return p
}

// forbidden answers a caller that is known but may not do this.
func forbidden(code, field, reason, message string) *problem {
	return &problem{status: fasthttp.StatusForbidden, code: code, field: field, reason: reason, message: message}
}

// problemOf turns any error into what the client is told. What it does not know
// is internal, and reported as such by its second result.
func problemOf(err error) (p *problem, known bool) {
	var tooLong *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.As(err, &p):
		return p, true
	case errors.Is(err, engine.ErrUnavailable), errors.Is(err, engine.ErrClosed):
		return errUnavailable, true
	case errors.As(err, &tooLong):
		return errHeaderLarge, true
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return errBodyTooLarge, true
	case errors.As(err, &network) && network.Timeout():
		return errTimeout, true
	}
	return errInternal, false
}

// json returns the JSON of a problem.
func (p *problem) json() []byte {
	b := appendJSONString([]byte(`{"error":{"code":`), p.code)
	b = append(b, `,"message":`...)
	b = appendJSONString(b, p.message)
	if p.field != "" {
		b = append(b, `,"field":`...)
		b = appendJSONString(b, p.field)
	}
	return append(b, "}}"...)
}

// answer writes the problem as the response.
func (p *problem) answer(rc *fasthttp.RequestCtx) {
	rc.Response.ResetBody()
	rc.SetStatusCode(p.status)
	rc.SetContentType(contentJSON)
	rc.Response.Header.Set(fasthttp.HeaderCacheControl, noStore)
	rc.Response.Header.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
	if p.retryAfter > 0 {
		rc.Response.Header.Set(fasthttp.HeaderRetryAfter, strconv.Itoa(p.retryAfter))
	}
	if p.status == fasthttp.StatusUnauthorized {
		rc.Response.Header.Set(fasthttp.HeaderWWWAuthenticate, "Bearer")
	}
	rc.Response.AppendBody(p.json())
}

// refused is the problem of a stream that gets no place.
func refused(reason actors.Reason) *problem {
	p := &problem{
		status: fasthttp.StatusServiceUnavailable, code: string(reason),
		message: "the hub is full, busy or stopping: come back later",
	}
	if reason == RefusedBehind {
		p.message = "this hub does not know the log up to the position that the client has: come back later"
	}
	if reason == RefusedAddressLimit || reason == actors.RefusedUserLimit {
		p.status = fasthttp.StatusTooManyRequests
		p.message = "too many open streams of this user or address"
	}
	if reason == actors.RefusedPatternLimit {
		p.message = "too many different topic selectors begin as this one does: select fewer topics, or by longer texts"
	}
	if reason == actors.RefusedRevoked {
		p.status, p.code, p.message = fasthttp.StatusUnauthorized, "token_revoked", "the token was revoked"
	}
	return p
}
