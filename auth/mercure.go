package auth

import (
	"context"
	"fmt"
	"time"
)

// maxSelectors is how many topic selectors a claim may have.
const maxSelectors = 256

// MercureToken is what a token says to the Mercure adapter. Its rules are those of
// the protocol: a token may be of nobody and for ever, and says what it may read
// and send by selectors of topics. It is no token for the other routes.
type MercureToken struct {
	Principal          // User is "" without sub, Expires zero without exp
	Publish   []string // selectors of what it may send
	Subscribe []string // selectors of what it may read beyond public updates
}

// mercureNames are the claims in question, in the order in which they count.
var mercureNames = []string{"mercure", "https://mercure.rocks/"}

// mercureMembers are the members of the claim that are read.
var mercureMembers = []string{"publish", "subscribe"}

// VerifyMercure is Verify for tokens of the Mercure protocol. It keeps to the same
// keys, issuer, audience and longest lifetime; with a longest lifetime there has to
// be an exp. A token without the claim "mercure" has no rights.
//
// Errors are those of Verify.
func (v *Verifier) VerifyMercure(ctx context.Context, tokenText string) (MercureToken, error) {
	c, payload, err := v.read(ctx, tokenText)
	if err != nil {
		return MercureToken{}, err
	}
	var t MercureToken
	cfg := v.cfg.Load()
	if err = c.times(&t.Principal, cfg, time.Now()); err == nil {
		err = c.origin(cfg)
	}
	if err == nil && !absent(c[claimSub]) {
		err = c.subject(&t.Principal)
	}
	if err == nil {
		err = t.rights(payload)
	}
	if err != nil {
		return MercureToken{}, err
	}
	return t, nil
}

// rights reads the claim.
func (t *MercureToken) rights(payload []byte) error {
	var found [2][]byte
	if err := members(payload, mercureNames, found[:]); err != nil {
		return fmt.Errorf("%w: %w", ErrClaims, err)
	}
	claim, name := found[0], mercureNames[0]
	if absent(claim) {
		claim, name = found[1], mercureNames[1]
	}
	if absent(claim) {
		return nil
	}
	var lists [2][]byte
	if err := members(claim, mercureMembers, lists[:]); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrClaims, name, err)
	}
	for i, into := range []*[]string{&t.Publish, &t.Subscribe} {
		if absent(lists[i]) {
			continue
		}
		err := eachString(lists[i], func(s []byte) error {
			if len(*into) == maxSelectors {
				return fmt.Errorf("more than %d selectors", maxSelectors)
			}
			*into = append(*into, string(s))
			return nil
		})
		if err != nil {
			return fmt.Errorf("%w: %s.%s: %w", ErrClaims, name, mercureMembers[i], err)
		}
	}
	return nil
}
