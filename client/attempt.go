package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"example.org/hub/sse"
)

// attempt makes one connection and yields its events until it ends or yield
// refuses.
func (s *Stream) attempt(p *policy, yield func(sse.Event) bool) (o outcome) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	s.enter(Status{State: Connecting, Attempt: p.failures})
	resp, err := s.connect(ctx, cancel, p)
	if err != nil {
		o.err = err
		if e := (*Error)(nil); errors.As(err, &e) {
			o.asked = e.RetryAfter
		}
		return o
	}
	defer resp.Body.Close()
	s.enter(Status{State: Open, Attempt: p.failures})
	o.opened = true
	start := time.Now()
	defer func() { o.lasted = time.Since(start) }()
	c := &connection{
		stream: s, policy: p, ctx: ctx, cancel: cancel,
		body: &watchedBody{body: resp.Body, idle: s.cfg.idle, expired: func() { cancel(ErrIdle) }},
	}
	defer c.stop()
	o.err = c.read(yield)
	o.asked = c.asked
	return o
}

// connect sends the request and returns an answer that is an event stream.
func (s *Stream) connect(ctx context.Context, cancel context.CancelCauseFunc, p *policy) (*http.Response, error) {
	timer := time.AfterFunc(s.cfg.timeout, func() { cancel(ErrTimeout) })
	defer timer.Stop()
	req, err := s.request(ctx, p.refresh)
	if err != nil {
		return nil, err
	}
	p.token = req.Header.Get("Authorization")
	resp, err := s.cfg.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", because(ctx, err))
	}
	if err := acceptable(resp); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

func (s *Stream) request(ctx context.Context, refresh bool) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", withoutURL(err))
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("X-SSE-Client", "go")
	// An id that no header can carry would fail every attempt from now on.
	if id := s.LastEventID(); id != "" && validHeader(id) {
		req.Header.Set("Last-Event-ID", id)
	}
	return req, authorise(req, s.cfg.tokens, refresh)
}

// acceptable follows the table in which native clients differ: they give up at
// anything but 200.
func acceptable(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		if !isType(resp, "text/event-stream") {
			return fmt.Errorf("%w: the content type is %q", ErrContentType, resp.Header.Get("Content-Type"))
		}
		return nil
	case http.StatusNoContent:
		return ErrStopped
	default:
		return refusal(resp)
	}
}
