package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	// MaxLeeway is the largest Config.Leeway.
	MaxLeeway = 30 * time.Second

	maxKeys = 16 // each one of the same algorithm is tried for a token
)

var errNoKey = fmt.Errorf("%w: none for the token's alg and kid", ErrUnknownKey)

// ErrConfig is wrapped by the errors of NewVerifier.
var ErrConfig = errors.New("bad token configuration")

// Config says which tokens are accepted.
type Config struct {
	Keys        []Key         // several during a rotation, at most 16
	JWKSURL     string        // more keys (RFC 7517 section 5), by https, or http from loopback
	Issuer      string        // the exact iss; "" accepts any
	Audience    string        // must be in aud; "" accepts any
	Leeway      time.Duration // for nbf and iat, up to MaxLeeway
	MaxLifetime time.Duration // the longest time from iat to exp; 0 is no limit and lets iat be absent
}

// DefaultConfig returns a Config without keys.
func DefaultConfig() Config {
	return Config{Leeway: 10 * time.Second}
}

// Verifier verifies JSON Web Tokens (RFC 7519). Its methods may be called from
// any goroutine.
type Verifier struct {
	cfg  atomic.Pointer[Config]
	jwks *keySet // nil without a URL
}

// NewVerifier checks cfg and, with a JWKSURL, waits for the first fetch of the
// keys or the end of ctx. A fetch that fails is logged and tried again later:
// until then nobody knows whether a token is good. Close ends the refreshing.
func NewVerifier(ctx context.Context, cfg Config, log *slog.Logger) (*Verifier, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	v := &Verifier{}
	v.cfg.Store(&cfg)
	if cfg.JWKSURL == "" {
		return v, nil
	}
	source, err := newJWKSSource(cfg.JWKSURL)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	v.jwks = openKeySet(ctx, source.fetch, log)
	return v, nil
}

func (c *Config) check() error {
	switch {
	case len(c.Keys) == 0 && c.JWKSURL == "":
		return errors.New("no key")
	case len(c.Keys) > maxKeys:
		return fmt.Errorf("more than %d keys", maxKeys)
	case c.Leeway < 0 || c.Leeway > MaxLeeway:
		return fmt.Errorf("the leeway is 0 to %v", MaxLeeway)
	case c.MaxLifetime < 0:
		return errors.New("the longest lifetime is negative")
	}
	for _, k := range c.Keys {
		if k.verify == nil {
			return errors.New("an empty key")
		}
	}
	return nil
}

// Reload makes cfg count for the tokens that come from now on. Its JWKSURL and
// MaxLifetime must be those of before: the keys of the URL are fetched again by
// themselves, and what is revoked is kept as long as tokens may live.
//
// After an error, which wraps ErrConfig, nothing has changed.
func (v *Verifier) Reload(cfg Config) error {
	if err := cfg.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if old := v.cfg.Load(); cfg.JWKSURL != old.JWKSURL || cfg.MaxLifetime != old.MaxLifetime {
		return fmt.Errorf("%w: the JWKS URL and the longest lifetime stay as they are", ErrConfig)
	}
	v.cfg.Store(&cfg)
	return nil
}

// Verify returns the user of a token. It waits, up to the end of ctx, only when
// the token names a key that is not known yet and the JWKS is asked for it.
//
// Errors wrap ErrMissing, ErrMalformed, ErrUnknownKey, ErrKeysUnavailable, ErrSignature,
// ErrClaims, ErrExpired, ErrNotYet, ErrIssuer or ErrAudience.
func (v *Verifier) Verify(ctx context.Context, tokenText string) (Principal, error) {
	c, _, err := v.read(ctx, tokenText)
	if err != nil {
		return Principal{}, err
	}
	return c.principal(v.cfg.Load(), time.Now())
}

// read returns the claims of a token whose signature is good, and its payload.
func (v *Verifier) read(ctx context.Context, tokenText string) (claims, []byte, error) {
	t, err := parseToken(tokenText)
	if err != nil {
		return claims{}, nil, err
	}
	if err := v.authenticate(ctx, &t); err != nil {
		return claims{}, nil, err
	}
	c, err := parseClaims(t.payload)
	return c, t.payload, err
}

// authenticate checks the signature: first with the configured keys of the
// token's algorithm, whatever its kid, then with the key of its kid in the JWKS.
func (v *Verifier) authenticate(ctx context.Context, t *token) error {
	err := errNoKey
	for _, k := range v.cfg.Load().Keys {
		if k.alg != t.alg {
			continue
		}
		if k.verify(t.signed, t.signature) {
			return nil
		}
		err = ErrSignature
	}
	if v.jwks == nil {
		return err
	}
	k, missing := v.jwks.find(ctx, t.alg, t.kid)
	if errors.Is(missing, ErrKeysUnavailable) {
		return missing
	}
	if missing != nil {
		return err
	}
	if !k.verify(t.signed, t.signature) {
		return ErrSignature
	}
	return nil
}

// Close ends the refreshing of the JWKS. The keys that are known stay usable.
func (v *Verifier) Close() {
	if v.jwks != nil {
		v.jwks.close()
	}
}
