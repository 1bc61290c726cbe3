package client

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// stableAfter is how long a connection lasts before its stream counts as
// working again: one that is cut at once keeps backing off.
const stableAfter = 5 * time.Second

// minBase is the least that a server's retry field can ask for. With 0, doubling
// would lead nowhere.
const minBase = 10 * time.Millisecond

// outcome is how one attempt to stream ended.
type outcome struct {
	err    error         // why, never nil
	opened bool          // it got as far as events
	lasted time.Duration // for how long
	asked  time.Duration // how long the server wants the client to wait, 0 if it did not say
}

// policy decides after each attempt whether, when and how to make the next.
type policy struct {
	backoff    backoff
	maxRetries int           // unlimited if negative
	renewable  bool          // there is a token source
	base       time.Duration // the server's retry field, 0 before it sent one

	failures int  // attempts since the stream last worked
	refresh  bool // the next attempt asks for a new token
	refused  bool // a new token was asked for and the stream has not opened since

	token    string // what the attempt under way carries
	outdated string // what was given up shortly before it would expire
}

// next returns how long to wait for the next attempt, or the error that ends
// the stream for good.
func (p *policy) next(o outcome) (time.Duration, error) {
	p.refresh = false
	if o.opened {
		p.refused = false
		if o.lasted >= stableAfter {
			p.failures = 0
		}
	}
	if errors.Is(o.err, errRenew) {
		p.refresh, p.outdated = true, p.token
		if o.lasted >= stableAfter {
			return 0, nil
		}
	}
	if p.mayRefresh(o.err) {
		p.refused, p.refresh = true, true
		return 0, nil
	}
	if final(o.err) {
		return 0, o.err
	}
	if p.maxRetries >= 0 && p.failures >= p.maxRetries {
		return 0, fmt.Errorf("gave up after %d retries: %w", p.failures, o.err)
	}
	p.failures++
	return p.wait(o), nil
}

// setBase takes what the stream's retry field asks for, within reason.
func (p *policy) setBase(retry time.Duration) {
	p.base = min(max(retry, minBase), maxAsked)
}

// wait is the backoff, or what the server asked for if that is more.
func (p *policy) wait(o outcome) time.Duration {
	base := p.base
	if base == 0 {
		base = p.backoff.min
	}
	d := p.backoff.delay(p.failures, base)
	if o.asked > 0 {
		d = max(d, p.backoff.asked(o.asked))
	}
	return d
}

// mayRenew reports whether there may be a token that lasts longer than that of
// the attempt under way.
func (p *policy) mayRenew() bool { return p.renewable && p.token != p.outdated }

// mayRefresh reports whether the hub refused a token that a new one can replace.
// That is tried once: the second refusal is final.
func (p *policy) mayRefresh(err error) bool {
	e := (*Error)(nil)
	return p.renewable && !p.refused && errors.As(err, &e) && e.Status == http.StatusUnauthorized
}

// final reports whether no retry can help.
func final(err error) bool {
	if e := (*Error)(nil); errors.As(err, &e) {
		return !e.temporary()
	}
	return errors.Is(err, ErrStopped) || errors.Is(err, ErrContentType) || errors.Is(err, ErrUnauthorized)
}
