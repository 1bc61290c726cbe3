package auth

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"example.org/hub/engine"
)

// The claims that are read (RFC 7519 section 4.1, RFC 8693 section 4.2). All
// others are ignored.
var claimNames = [...]string{
	claimSub: "sub", claimExp: "exp", claimNbf: "nbf", claimIat: "iat",
	claimIss: "iss", claimAud: "aud", claimScope: "scope", claimTopics: "topics",
}

const (
	claimSub = iota
	claimExp
	claimNbf
	claimIat
	claimIss
	claimAud
	claimScope
	claimTopics
)

// maxSeconds is the end of the year 9999, the last that RFC 3339 can write.
const maxSeconds = 253402300799

// claims holds the raw values of a token's claims by their index in claimNames.
type claims [len(claimNames)][]byte

func parseClaims(payload []byte) (claims, error) {
	var c claims
	if err := members(payload, claimNames[:], c[:]); err != nil {
		return c, fmt.Errorf("%w: %w", ErrClaims, err)
	}
	return c, nil
}

// principal checks all claims by the rules of cfg and turns them into a user.
func (c *claims) principal(cfg *Config, now time.Time) (Principal, error) {
	var p Principal
	if absent(c[claimExp]) {
		return Principal{}, fmt.Errorf("%w: exp is missing", ErrClaims)
	}
	err := c.times(&p, cfg, now)
	if err == nil {
		err = c.origin(cfg)
	}
	if err == nil {
		err = c.subject(&p)
	}
	if err == nil {
		err = c.grants(&p)
	}
	if err != nil {
		return Principal{}, err
	}
	return p, nil
}

// times checks exp, nbf and iat. The leeway is for clocks that lag behind the
// issuer's and so is not added to exp: the stream ends there. Whether there has to
// be an exp is the caller's to say.
func (c *claims) times(p *Principal, cfg *Config, now time.Time) (err error) {
	if p.Expires, err = c.date(claimExp); err != nil {
		return err
	}
	notBefore, err := c.date(claimNbf)
	if err != nil {
		return err
	}
	if p.Issued, err = c.date(claimIat); err != nil {
		return err
	}
	if !p.Expires.IsZero() && !now.Before(p.Expires) {
		return ErrExpired
	}
	if latest := now.Add(cfg.Leeway); notBefore.After(latest) || p.Issued.After(latest) {
		return ErrNotYet
	}
	if cfg.MaxLifetime > 0 && (p.Issued.IsZero() || p.Expires.IsZero() || p.Expires.Sub(p.Issued) > cfg.MaxLifetime) {
		return fmt.Errorf("%w: exp must be at most %v after iat", ErrClaims, cfg.MaxLifetime)
	}
	return nil
}

// date reads a NumericDate (RFC 7519 section 2), to the millisecond. The zero
// time stands for a claim that is absent.
func (c *claims) date(i int) (time.Time, error) {
	if absent(c[i]) {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseFloat(string(c[i]), 64) // fails for a quoted number
	if err != nil || seconds < 0 || seconds > maxSeconds {
		return time.Time{}, fmt.Errorf("%w: %s is not a time in seconds since 1970", ErrClaims, claimNames[i])
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1000)*int64(time.Millisecond)), nil
}

// origin checks iss and aud where the configuration names them.
func (c *claims) origin(cfg *Config) error {
	if cfg.Issuer != "" {
		if iss, err := text(c[claimIss]); err != nil || iss != cfg.Issuer {
			return ErrIssuer
		}
	}
	if cfg.Audience != "" && !c.hasAudience(cfg.Audience) {
		return ErrAudience
	}
	return nil
}

// hasAudience reports whether aud is, or has among its strings, the audience.
func (c *claims) hasAudience(want string) bool {
	value, found := c[claimAud], false
	if absent(value) {
		return false
	}
	if s, err := unquote(value); err == nil {
		return string(s) == want
	}
	err := eachString(value, func(s []byte) error {
		found = found || string(s) == want
		return nil
	})
	return found && err == nil
}

func (c *claims) subject(p *Principal) error {
	sub, err := text(c[claimSub])
	if err == nil {
		err = engine.ValidName(sub)
	}
	if err != nil {
		return fmt.Errorf("%w: sub: %w", ErrClaims, err)
	}
	p.User = sub
	return nil
}

// grants reads scope, a space-separated string or an array of strings, and
// topics, an array of patterns.
func (c *claims) grants(p *Principal) error {
	if scope := c[claimScope]; !absent(scope) {
		if list, err := unquote(scope); err == nil {
			p.Scopes = addScopes(p.Scopes, list)
		} else if err := eachString(scope, func(s []byte) error {
			p.Scopes = addScopes(p.Scopes, s)
			return nil
		}); err != nil {
			return fmt.Errorf("%w: scope is neither a string nor an array of strings", ErrClaims)
		}
	}
	if absent(c[claimTopics]) {
		return nil
	}
	err := eachString(c[claimTopics], func(s []byte) error {
		p.Topics = append(p.Topics, string(s))
		return ValidPattern(p.Topics[len(p.Topics)-1])
	})
	if err != nil {
		return fmt.Errorf("%w: topics: %w", ErrClaims, err)
	}
	return nil
}
