package webhook

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"time"
)

const (
	maxBatch    = 100              // events of one POST
	maxAttempts = 10               // of one POST, over some 4 minutes
	retryFirst  = time.Second      // doubled from attempt to attempt,
	retryMost   = time.Minute      // up to this, less up to a half
	sendTimeout = 10 * time.Second // of one attempt
	maxQueue    = 10_000           // events that wait
)

// sender posts events, in order, one POST after another.
type sender struct {
	url    string
	secret []byte
	http   *http.Client
	log    *slog.Logger
	queue  chan Event
	counts *counts
	told   func([]Event) // is called with what the service has taken

	flushing chan struct{} // closed when what is queued is all there will be
	ctx      context.Context
	stop     context.CancelFunc
	done     chan struct{}
}

func newSender(cfg *Config, c *counts, told func([]Event)) *sender {
	s := &sender{
		url: cfg.URL, secret: cfg.Secret, log: cfg.Log, counts: c, told: told, queue: make(chan Event, maxQueue),
		flushing: make(chan struct{}), done: make(chan struct{}),
		http: &http.Client{
			Timeout: sendTimeout,
			// The address is the operator's choice; where it points to is not.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: cfg.dial, MaxIdleConns: 1, IdleConnTimeout: time.Minute},
		},
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	go s.run()
	return s
}

// send queues events. Those without room are dropped and counted.
func (s *sender) send(events []Event) {
	for _, e := range events {
		select {
		case s.queue <- e:
		default:
			s.counts.dropped(dropQueue, 1)
		}
	}
}

// close posts what is queued until ctx ends. There is no send after it.
func (s *sender) close(ctx context.Context) {
	close(s.flushing)
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	s.stop()
	<-s.done
	s.http.CloseIdleConnections()
}

func (s *sender) run() {
	defer close(s.done)
	for {
		batch := s.next()
		if len(batch) == 0 {
			return
		}
		if err := s.deliver(batch); err != nil {
			s.counts.dropped(dropRetries, len(batch))
			s.log.Warn("webhook given up", "events", len(batch), "err", err)
		}
	}
}

// next waits for events and returns all that fit in a POST, none at the end. What
// is left when time is up is counted.
func (s *sender) next() []Event {
	var batch []Event
	select {
	case e := <-s.queue:
		batch = append(batch, e)
	case <-s.flushing:
	}
	if s.ctx.Err() != nil {
		s.counts.dropped(dropRetries, len(batch)+len(s.queue))
		return nil
	}
	for len(batch) < maxBatch {
		select {
		case e := <-s.queue:
			batch = append(batch, e)
		default:
			return batch
		}
	}
	return batch
}

// deliver posts a batch until it is taken, or was tried often enough.
func (s *sender) deliver(batch []Event) error {
	body, err := encode(batch)
	if err != nil {
		return err
	}
	id := "msg_" + rand.Text()
	for attempt, wait := 1, retryFirst; ; attempt, wait = attempt+1, min(2*wait, retryMost) {
		err := s.post(id, body)
		s.counts.requested(err)
		if err == nil {
			s.counts.sent.Add(len(batch))
			s.told(batch)
			return nil
		}
		if attempt == maxAttempts || s.ctx.Err() != nil {
			return err
		}
		s.log.Debug("webhook failed", "attempt", attempt, "err", err)
		timer := time.NewTimer(wait - mathrand.N(wait/2))
		select {
		case <-timer.C:
		case <-s.ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// errStatus is wrapped by the error about an answer that is not 2xx.
var errStatus = errors.New("webhook refused")

// post makes one attempt. Its errors do not hold the address, which may have a
// secret in it.
func (s *sender) post(id string, body []byte) error {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("webhook address is not valid")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "hub-webhook/1")
	sign(req.Header, s.secret, id, time.Now(), body)
	resp, err := s.http.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("post webhook: %w", wrapped.Err)
	}
	if err != nil {
		return fmt.Errorf("post webhook: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // or the connection is not used again
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("%w: status %d", errStatus, resp.StatusCode)
	}
	return nil
}
