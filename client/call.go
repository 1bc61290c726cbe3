package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// call is one request to the internal listener, as often as it is tried.
type call struct {
	method, path   string // the path's segments are escaped already
	query          url.Values
	body           []byte
	contentType    string
	idempotencyKey string
}

// do tries c until the hub has answered with a success, and returns the body.
// Every call is safe to repeat: messages by their key, the others by nature.
func (p *Publisher) do(ctx context.Context, c call) ([]byte, error) {
	refresh, refreshed := false, false
	for failures := 0; ; {
		answer, err := p.try(ctx, c, refresh)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		refresh = false
		var refused *Error
		if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized && p.cfg.tokens != nil && !refreshed {
			refresh, refreshed = true, true
			continue
		}
		if final(err) || (p.cfg.maxRetries >= 0 && failures >= p.cfg.maxRetries) {
			return nil, err
		}
		failures++
		wait := p.cfg.backoff.delay(failures, p.cfg.backoff.min)
		if refused != nil && refused.RetryAfter > 0 {
			wait = max(wait, p.cfg.backoff.asked(refused.RetryAfter))
		}
		// An answer that would come too late is worth less than the error now.
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return nil, err
		}
		p.cfg.log.Debug("request will be repeated", "path", c.path, "error", err, "retry_in", wait)
		if !sleep(ctx, wait) {
			return nil, fmt.Errorf("%w, after: %w", context.Cause(ctx), err)
		}
	}
}

// try makes one attempt.
func (p *Publisher) try(ctx context.Context, c call, refresh bool) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.cfg.timeout, ErrTimeout)
	defer cancel()
	req, err := p.request(ctx, c, refresh)
	if err != nil {
		return nil, err
	}
	resp, err := p.cfg.http.Do(req)
	if err != nil {
		return nil, because(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < http.StatusOK || resp.StatusCode >= http.StatusMultipleChoices {
		return nil, refusal(resp)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", because(ctx, err))
	}
	if len(answer) > maxAnswer {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrResponse, maxAnswer)
	}
	return answer, nil
}

func (p *Publisher) request(ctx context.Context, c call, refresh bool) (*http.Request, error) {
	// Not JoinPath, which cleans: a user may be called "..".
	u := *p.base
	u.RawPath = strings.TrimSuffix(u.EscapedPath(), "/") + c.path
	u.Path, _ = url.PathUnescape(u.RawPath) // of what was escaped here
	u.RawQuery = c.query.Encode()
	req, err := http.NewRequestWithContext(ctx, c.method, u.String(), bytes.NewReader(c.body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", withoutURL(err))
	}
	req.Header.Set("Accept", "application/json")
	if c.contentType != "" {
		req.Header.Set("Content-Type", c.contentType)
	}
	if c.idempotencyKey != "" {
		req.Header.Set("Idempotency-Key", c.idempotencyKey)
	}
	if c.path == messagesPath && p.cfg.traceparent != nil {
		if trace := p.cfg.traceparent(ctx); trace != "" {
			req.Header.Set("Traceparent", trace)
		}
	}
	if p.cfg.apiKey != "" {
		req.Header.Set("X-API-Key", p.cfg.apiKey)
	}
	return req, authorise(req, p.cfg.tokens, refresh)
}
