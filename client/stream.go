package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"example.org/hub/sse"
)

// Stream is a subscription that outlives its connections. Close it after use.
type Stream struct {
	cfg     *config
	url     string
	ctx     context.Context
	cancel  context.CancelCauseFunc
	reading atomic.Bool
	trace   string // of the last event; belongs to whoever reads

	mu     sync.Mutex
	lastID string
	err    error // of Channel
}

// Subscribe prepares a stream from the address of a hub's stream, such as
// https://hub.example/api/sse. It connects when Events is ranged over, not
// before. The stream ends with ctx.
//
// Errors: ErrConfig.
func Subscribe(ctx context.Context, streamURL string, opts ...Option) (*Stream, error) {
	cfg, err := newConfig(subscriber, opts)
	if err != nil {
		return nil, err
	}
	u, err := parseURL(streamURL)
	if err != nil {
		return nil, err
	}
	cfg.http.Timeout = 0
	s := &Stream{cfg: cfg, url: withQuery(u, cfg), lastID: cfg.lastEventID}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s, nil
}

// Events connects and yields every event in order, those of the hub itself
// included. Interruptions do not end it: it reconnects and resumes after the
// last event, and OnState and the log tell of them. If events were lost the
// next one is a gap event, which says so.
//
// The last pair has an error if the stream ended for good: ErrStopped,
// ErrUnauthorized, ErrContentType, an *Error, the last error before
// WithMaxRetries, or the context's. After Close there is none. Leaving the loop
// closes the connection; a later loop resumes where it was left. Reading slowly
// slows the hub down, which has its own ways to deal with that.
func (s *Stream) Events() iter.Seq2[sse.Event, error] {
	return func(yield func(sse.Event, error) bool) {
		if !s.reading.CompareAndSwap(false, true) {
			yield(sse.Event{}, ErrReading)
			return
		}
		err := s.read(func(ev sse.Event) bool { return yield(ev, nil) })
		if err != nil {
			yield(sse.Event{}, err)
		}
	}
}

// read runs one loop over Events. A nil error means that the caller left it or
// closed the stream.
func (s *Stream) read(yield func(sse.Event) bool) (err error) {
	left := false
	defer func() {
		s.cfg.release()
		s.enter(Status{State: Closed, Err: err})
		s.reading.Store(false)
	}()
	p := &policy{backoff: s.cfg.backoff, maxRetries: s.cfg.maxRetries, renewable: s.cfg.tokens != nil}
	for {
		o := s.attempt(p, func(ev sse.Event) bool {
			left = !yield(ev)
			return !left
		})
		if left {
			return nil
		}
		if s.ctx.Err() != nil {
			return s.ended()
		}
		wait, err := p.next(o)
		if err != nil {
			return fmt.Errorf("client: stream: %w", err)
		}
		s.enter(Status{State: Waiting, Attempt: p.failures, Err: o.err, RetryIn: wait})
		if !sleep(s.ctx, wait) {
			return s.ended()
		}
	}
}

// ended tells Close from the end of the caller's context.
func (s *Stream) ended() error {
	err := context.Cause(s.ctx)
	if errors.Is(err, errClosed) {
		return nil
	}
	return err
}

// Close ends the stream; a loop over Events ends without an error. It does not
// wait for that.
func (s *Stream) Close() error {
	s.cancel(errClosed)
	return nil
}

// LastEventID is where a later stream can resume: the position of the last
// event that Events has yielded, or of the stream's head if that is later. It
// may be called from any goroutine.
func (s *Stream) LastEventID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastID
}

func (s *Stream) setLastEventID(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID = id
}

// withQuery adds topics and events to the caller's own query.
func withQuery(u *url.URL, cfg *config) string {
	q := u.Query()
	if len(cfg.topics) > 0 {
		q.Set("topics", strings.Join(cfg.topics, ","))
	}
	if len(cfg.events) > 0 {
		q.Set("events", strings.Join(cfg.events, ","))
	}
	u.RawQuery = q.Encode()
	return u.String()
}
