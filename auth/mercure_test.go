package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const mercureSecret = "a secret of publishers and subscribers"

func mercureToken(payload string) string {
	return forge(`{"alg":"HS256","typ":"JWT"}`, payload, by(jwt.SigningMethodHS256, []byte(mercureSecret)))
}

func mercureVerifier(t *testing.T, change func(*Config)) *Verifier {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Keys = []Key{hmacKey(mercureSecret)}
	if change != nil {
		change(&cfg)
	}
	return newVerifier(t, cfg)
}

func TestVerifyMercure_ReadsTheClaim(t *testing.T) {
	v := mercureVerifier(t, nil)
	for _, tt := range []struct {
		name, payload      string
		user               string
		publish, subscribe []string
	}{
		{"a publisher of nobody, for ever", `{"mercure":{"publish":["*"]}}`, "", []string{"*"}, nil},
		{"both lists and a user", `{"sub":"alice","mercure":{"publish":["a"],"subscribe":["b","https://e/{id}"],"payload":{"x":1}}}`, "alice", []string{"a"}, []string{"b", "https://e/{id}"}},
		{"the claim under its full name", `{"https://mercure.rocks/":{"subscribe":["a"]}}`, "", nil, []string{"a"}},
		{"the short name counts first", `{"https://mercure.rocks/":{"publish":["a"]},"mercure":{"publish":["b"]}}`, "", []string{"b"}, nil},
		{"an empty claim", `{"mercure":{}}`, "", nil, nil},
		{"empty lists", `{"mercure":{"publish":[],"subscribe":null}}`, "", nil, nil},
		{"no claim", `{"sub":"alice","topics":["*"],"scope":"publish admin"}`, "alice", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := v.VerifyMercure(t.Context(), mercureToken(tt.payload))
			if err != nil || got.User != tt.user || !slices.Equal(got.Publish, tt.publish) || !slices.Equal(got.Subscribe, tt.subscribe) {
				t.Errorf("got %+v, %v", got, err)
			}
			if len(got.Topics)+len(got.Scopes) > 0 {
				t.Errorf("rights for other routes: %+v", got)
			}
		})
	}
}

func TestVerifyMercure_Refuses(t *testing.T) {
	long := `["x"` + strings.Repeat(`,"x"`, maxSelectors) + "]"
	for _, tt := range []struct {
		name, token string
		want        error
		change      func(*Config)
	}{
		{"no token", "", ErrMissing, nil},
		{"another key", forge(`{"alg":"HS256"}`, `{"mercure":{"publish":["*"]}}`, by(jwt.SigningMethodHS256, []byte("some other secret, of 32 bytes too"))), ErrSignature, nil},
		{"no algorithm", forge(`{"alg":"none"}`, `{"mercure":{"publish":["*"]}}`, by(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType)), ErrUnknownKey, nil},
		{"another algorithm", forge(`{"alg":"HS512"}`, `{"mercure":{"publish":["*"]}}`, by(jwt.SigningMethodHS512, []byte(mercureSecret))), ErrUnknownKey, nil},
		{"an old one", mercureToken(fmt.Sprintf(`{"exp":%d,"mercure":{}}`, time.Now().Unix()-1)), ErrExpired, nil},
		{"one of tomorrow", mercureToken(fmt.Sprintf(`{"nbf":%d}`, time.Now().Unix()+86400)), ErrNotYet, nil},
		{"exp as text", mercureToken(`{"exp":"never"}`), ErrClaims, nil},
		{"a bad user", mercureToken(`{"sub":"a\nb"}`), ErrClaims, nil},
		{"a list that is none", mercureToken(`{"mercure":{"publish":"*"}}`), ErrClaims, nil},
		{"a list of numbers", mercureToken(`{"mercure":{"subscribe":[1]}}`), ErrClaims, nil},
		{"a claim that is no object", mercureToken(`{"mercure":["*"]}`), ErrClaims, nil},
		{"the claim twice", mercureToken(`{"mercure":{},"mercure":{"publish":["*"]}}`), ErrClaims, nil},
		{"a list twice", mercureToken(`{"mercure":{"publish":[],"publish":["*"]}}`), ErrClaims, nil},
		{"too many selectors", mercureToken(`{"mercure":{"publish":` + long + `}}`), ErrClaims, nil},
		{"for ever, where lifetimes are limited", mercureToken(fmt.Sprintf(`{"iat":%d}`, time.Now().Unix())), ErrClaims, func(c *Config) { c.MaxLifetime = time.Hour }},
		{"of another issuer", mercureToken(`{"iss":"x"}`), ErrIssuer, func(c *Config) { c.Issuer = "me" }},
		{"for others", mercureToken(`{}`), ErrAudience, func(c *Config) { c.Audience = "hub" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mercureVerifier(t, tt.change).VerifyMercure(t.Context(), tt.token)
			if !errors.Is(err, tt.want) || len(got.Publish) > 0 {
				t.Errorf("got %+v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// What suffices for Mercure opens no other door.
func TestVerifyMercure_ItsTokensAreNoneElsewhere(t *testing.T) {
	v := mercureVerifier(t, nil)
	for _, payload := range []string{`{"mercure":{"publish":["*"]}}`, `{"sub":"alice","mercure":{"publish":["*"]}}`, `{"exp":9999999999}`} {
		if _, err := v.Verify(t.Context(), mercureToken(payload)); !errors.Is(err, ErrClaims) {
			t.Errorf("%s: got %v", payload, err)
		}
	}
}

func TestMint_MercureClaim(t *testing.T) {
	text, err := Mint(hmacKey(mercureSecret), Claims{User: "alice", TTL: time.Minute, MercurePublish: []string{"a"}, MercureSubscribe: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := mercureVerifier(t, nil).VerifyMercure(t.Context(), text)
	if err != nil || got.User != "alice" || !slices.Equal(got.Publish, []string{"a"}) || !slices.Equal(got.Subscribe, []string{"*"}) || got.Expires.IsZero() {
		t.Errorf("got %+v, %v", got, err)
	}
}
