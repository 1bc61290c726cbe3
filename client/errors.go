package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Why a stream ends for good, and what errors.Is finds in an *Error.
var (
	ErrStopped      = errors.New("the hub asks not to reconnect") // 204
	ErrUnauthorized = errors.New("unauthorised")                  // 401 and no better token
	ErrForbidden    = errors.New("forbidden")                     // 403
	ErrNotFound     = errors.New("not found")                     // 404
	ErrTooLarge     = errors.New("too large")                     // 413
	ErrRateLimited  = errors.New("rate limited")                  // 429
	ErrUnavailable  = errors.New("unavailable")                   // 503: nothing was stored
)

// Why a stream was interrupted, in Status.Err, beside *Error and the errors of
// the network; and why an attempt to publish failed.
var (
	ErrEnded   = errors.New("the stream ended")
	ErrIdle    = errors.New("the stream was silent for too long")
	ErrTimeout = errors.New("no answer in time")
	errRenew   = errors.New("the token is about to expire")
)

var (
	// ErrConfig is wrapped by the errors about options and URLs.
	ErrConfig = errors.New("invalid configuration")

	// ErrContentType is wrapped by the error of a stream whose answer is no event stream.
	ErrContentType = errors.New("not an event stream")

	// ErrResponse is wrapped by the errors about answers that no hub gives.
	ErrResponse = errors.New("not a hub's answer")

	// ErrReading is the error of a second loop over Events while one runs.
	ErrReading = errors.New("the events are being read already")

	errClosed = errors.New("closed")
)

// Error is a refusal by the hub, or by something in front of it.
type Error struct {
	Status     int           // HTTP status; 0 in the results of a batch
	Code       string        // machine-readable, "" if it is not the hub that refused
	Message    string        // for people
	Field      string        // the part of the message that is wrong
	RetryAfter time.Duration // how long the hub asks to wait, 0 if it does not say

	lines string // the results of a batch of which no message was accepted
}

// Error implements error.
func (e *Error) Error() string {
	s := "refused"
	if e.Status != 0 {
		s = fmt.Sprintf("refused with status %d", e.Status)
	}
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if e.Field != "" {
		s += " for " + e.Field
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// Is makes errors.Is(err, ErrUnauthorized) and the like work.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrTooLarge:
		return e.Status == http.StatusRequestEntityTooLarge
	case ErrRateLimited:
		return e.Status == http.StatusTooManyRequests
	case ErrUnavailable:
		return e.Status == http.StatusServiceUnavailable
	}
	return false
}

// temporary reports whether the same request may succeed later.
func (e *Error) temporary() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= http.StatusInternalServerError
}

// errorBody is the form of the hub's errors.
type errorBody struct {
	Error *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Field   string `json:"field"`
	} `json:"error"`
}

func (b *errorBody) asError(status int) *Error {
	return &Error{Status: status, Code: b.Error.Code, Message: b.Error.Message, Field: b.Error.Field}
}

// refusal reads the error out of a response that is none of success. What is
// not the hub's JSON, such as a proxy's page, is left out.
func refusal(resp *http.Response) *Error {
	e := &Error{Status: resp.StatusCode, Message: http.StatusText(resp.StatusCode)}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	var body errorBody
	if isType(resp, ndjson) {
		e.Message, e.lines = "no message of the batch was accepted", string(text)
	} else if err == nil && json.Unmarshal(text, &body) == nil && body.Error != nil {
		e = body.asError(resp.StatusCode)
	}
	e.RetryAfter = retryAfter(resp.Header, time.Now())
	return e
}

// isType compares the essence of the Content-Type; parameters do not matter.
func isType(resp *http.Response, want string) bool {
	essence, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(essence), want)
}

// withoutURL takes the URL, whose query may hold a secret, out of an error of
// net/http.
func withoutURL(err error) error {
	if ue := (*url.Error)(nil); errors.As(err, &ue) {
		return ue.Err
	}
	return err
}
