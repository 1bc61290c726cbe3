package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.org/hub/engine"
)

// ErrMint is wrapped by the errors of Mint.
var ErrMint = errors.New("mint token")

// Claims is what Mint puts into a token.
type Claims struct {
	User     string
	Scopes   []Scope
	Topics   []string
	TTL      time.Duration // at least a second
	Issuer   string        // left out if ""
	Audience string        // left out if ""

	MercurePublish   []string // selectors of topics, for the Mercure adapter
	MercureSubscribe []string
}

// Mint returns a token of now, signed with an HS256 key. It makes only tokens
// that a Verifier with that key, issuer and audience accepts.
func Mint(key Key, c Claims) (string, error) {
	if key.secret == nil {
		return "", fmt.Errorf("%w: the key is not an HS256 secret", ErrMint)
	}
	if err := c.check(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrMint, err)
	}
	now := time.Now()
	m := jwt.MapClaims{"sub": c.User, "iat": now.Unix(), "exp": now.Add(c.TTL).Unix()}
	if c.Issuer != "" {
		m["iss"] = c.Issuer
	}
	if c.Audience != "" {
		m["aud"] = c.Audience
	}
	if len(c.Scopes) > 0 {
		m["scope"] = joinScopes(c.Scopes)
	}
	if len(c.Topics) > 0 {
		m["topics"] = c.Topics
	}
	if mercure := c.mercure(); len(mercure) > 0 {
		m[mercureNames[0]] = mercure
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, m).SignedString(key.secret())
	if err == nil && len(text) > MaxTokenLen {
		err = fmt.Errorf("longer than %d bytes", MaxTokenLen)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMint, err)
	}
	return text, nil
}

func (c *Claims) check() error {
	if err := engine.ValidName(c.User); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	for _, s := range c.Scopes {
		if !slices.Contains(allScopes, s) {
			return fmt.Errorf("no scope %q; there are %v", s, allScopes)
		}
	}
	for _, t := range c.Topics {
		if err := ValidPattern(t); err != nil {
			return fmt.Errorf("topic %q: %w", t, err)
		}
	}
	if c.TTL < time.Second {
		return errors.New("the time to live is shorter than a second")
	}
	return nil
}

// mercure is the claim of that name.
func (c *Claims) mercure() map[string][]string {
	rights := map[string][]string{}
	if len(c.MercurePublish) > 0 {
		rights[mercureMembers[0]] = c.MercurePublish
	}
	if len(c.MercureSubscribe) > 0 {
		rights[mercureMembers[1]] = c.MercureSubscribe
	}
	return rights
}

func joinScopes(scopes []Scope) string {
	var b strings.Builder
	for i, s := range scopes {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(s))
	}
	return b.String()
}
