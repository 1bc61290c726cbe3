package client

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"example.org/hub/sse"
)

// TokenSource returns the bearer token for one request. It is asked before
// every attempt, so that a reconnect after hours carries a token of then.
// refresh asks for a new one because the hub refused the last or it is about to
// expire. "" sends no token. An error that wraps ErrUnauthorized is final, any
// other is tried again later.
type TokenSource func(ctx context.Context, refresh bool) (string, error)

// StaticToken returns a source of one token, for as long as the hub accepts it.
func StaticToken(token string) TokenSource {
	return func(context.Context, bool) (string, error) { return token, nil }
}

// config is what the options of either kind set.
type config struct {
	caller     string // the constructor, for errors
	http       *http.Client
	owned      bool // http is ours: close its idle connections
	log        *slog.Logger
	tokens     TokenSource
	backoff    backoff
	maxRetries int           // unlimited if negative
	timeout    time.Duration // one attempt: until the response's head, or all of it

	// Of Subscribe.
	topics, events []string
	lastEventID    string
	idle           time.Duration // none if 0
	idleFixed      bool          // the caller chose it: the hub's heartbeat does not change it
	maxEventSize   int
	onState        func(Status)
	onComment      func(string)

	// Of NewPublisher.
	apiKey      string
	receipt     string
	traceparent func(context.Context) string // nil for none
}

const (
	subscriber = "Subscribe"
	publisher  = "NewPublisher"
)

func newConfig(caller string, opts []Option) (*config, error) {
	c := &config{caller: caller, log: slog.New(slog.DiscardHandler)}
	switch caller {
	case subscriber:
		c.backoff = backoff{min: time.Second, max: 30 * time.Second}
		c.maxRetries = -1
		c.timeout = 15 * time.Second
		c.idle = defaultIdle
		c.maxEventSize = sse.DefaultMaxEventSize
	case publisher:
		c.backoff = backoff{min: 100 * time.Millisecond, max: 5 * time.Second}
		c.maxRetries = 4
		c.timeout = 10 * time.Second
	}
	for _, opt := range opts {
		if err := opt(c); err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
	}
	if c.http == nil {
		c.http, c.owned = ownHTTPClient(), true
	}
	return c, nil
}

// ownHTTPClient has connections of its own, so that Close can end them. It asks
// for no compression, which would hold events back.
func ownHTTPClient() *http.Client {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if d, ok := http.DefaultTransport.(*http.Transport); ok {
		t = d.Clone()
	}
	t.DisableCompression = true
	t.MaxIdleConnsPerHost = 64
	return &http.Client{Transport: t}
}

// release closes the connections that nothing uses, if they are ours.
func (c *config) release() {
	if c.owned {
		c.http.CloseIdleConnections()
	}
}

// parseURL accepts an absolute http or https URL.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		// The URL stays out of the error: its query may hold a secret.
		return nil, fmt.Errorf("client: %w: want an absolute http or https URL", ErrConfig)
	}
	return u, nil
}
