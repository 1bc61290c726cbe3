package auth

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMint_TokensVerify(t *testing.T) {
	key := hmacKey(secretText)
	cfg := Config{Keys: []Key{key}, Issuer: "idp", Audience: "hub", MaxLifetime: time.Hour}
	text, err := Mint(key, Claims{
		User: "älice/1", Scopes: []Scope{ScopeDashboard, ScopePublish}, Topics: []string{"news", "team*"},
		TTL: time.Hour, Issuer: "idp", Audience: "hub",
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := newVerifier(t, cfg).Verify(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if p.User != "älice/1" || !p.Has(ScopePublish) || p.Has(ScopePresence) || !slices.Equal(p.Topics, []string{"news", "team*"}) {
		t.Errorf("got %+v", p)
	}
	agrees(t, text, &p)
	if p.Expires.Sub(p.Issued) != time.Hour {
		t.Errorf("lives for %v", p.Expires.Sub(p.Issued))
	}
}

func TestMint_Minimal(t *testing.T) {
	key := hmacKey(secretText)
	text, err := Mint(key, Claims{User: "a", TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := newVerifier(t, Config{Keys: []Key{key}}).Verify(t.Context(), text); err != nil || p.Scopes != nil || p.Topics != nil {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestMint_Refuses(t *testing.T) {
	key := hmacKey(secretText)
	for name, c := range map[string]Claims{
		"no user":          {TTL: time.Hour},
		"a long user":      {User: strings.Repeat("u", 257), TTL: time.Hour},
		"a control char":   {User: "a\nb", TTL: time.Hour},
		"no time to live":  {User: "a"},
		"a negative one":   {User: "a", TTL: -time.Hour},
		"an unknown scope": {User: "a", TTL: time.Hour, Scopes: []Scope{"root"}},
		"a bad topic":      {User: "a", TTL: time.Hour, Topics: []string{"a*b"}},
		"too much":         {User: "a", TTL: time.Hour, Topics: slices.Repeat([]string{"topic"}, 2000)},
	} {
		text, err := Mint(key, c)
		if !errors.Is(err, ErrMint) || text != "" {
			t.Errorf("%s: got %v, want ErrMint", name, err)
		}
		checkSilent(t, err, secretText)
	}
	for _, k := range []Key{{}, publicKey(edPair())} {
		if _, err := Mint(k, Claims{User: "a", TTL: time.Hour}); !errors.Is(err, ErrMint) {
			t.Errorf("key of %q: got %v, want ErrMint", k.Algorithm(), err)
		}
	}
}
