package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// everyKey has a key of every algorithm, and two secrets as in a rotation.
func everyKey() Config {
	cfg := DefaultConfig()
	cfg.Keys = []Key{
		hmacKey(secretText2), hmacKey(secretText),
		publicKey(rsaPair()), publicKey(ecPair()), publicKey(edPair()),
	}
	return cfg
}

func TestVerifier_AcceptsEveryConfiguredKey(t *testing.T) {
	v := newVerifier(t, everyKey())
	for _, tt := range []struct {
		alg  string
		sign signer
	}{
		{HS256, byHMAC},
		{HS256, by(jwt.SigningMethodHS256, []byte(secretText2))},
		{RS256, by(jwt.SigningMethodRS256, rsaPair())},
		{ES256, by(jwt.SigningMethodES256, ecPair())},
		{EdDSA, by(jwt.SigningMethodEdDSA, edPair())},
	} {
		text := forge(`{"alg":"`+tt.alg+`","kid":"any"}`, claimsWith(""), tt.sign)
		if p, err := v.Verify(t.Context(), text); err != nil || p.User != "alice" {
			t.Errorf("%s: got %q, %v", tt.alg, p.User, err)
		}
	}
}

func TestVerifier_RemovedKeyIsRefused(t *testing.T) {
	v := newVerifier(t, Config{Keys: []Key{hmacKey(secretText2)}})
	if _, err := v.Verify(t.Context(), forge(headerHS256, claimsWith(""), byHMAC)); !errors.Is(err, ErrSignature) {
		t.Errorf("got %v, want ErrSignature", err)
	}
}

// Attacks on how the key is chosen and the signature is checked.
func TestVerifier_RefusesForgedSignatures(t *testing.T) {
	secret := []byte(secretText)
	confused := func(key []byte) string { return forge(headerHS256, claimsWith(""), by(jwt.SigningMethodHS256, key)) }
	all, noHMAC := everyKey(), everyKey()
	noHMAC.Keys = noHMAC.Keys[2:]
	for _, tt := range []struct {
		name  string
		cfg   Config
		token string
		want  error
	}{
		{"alg none", all, forge(`{"alg":"none"}`, claimsWith(""), byNone), ErrUnknownKey},
		{"alg None", all, forge(`{"alg":"None"}`, claimsWith(""), byNone), ErrUnknownKey},
		{"alg none with a good signature", all, forge(`{"alg":"none"}`, claimsWith(""), byHMAC), ErrUnknownKey},
		{"alg in lower case", all, forge(`{"alg":"hs256"}`, claimsWith(""), byHMAC), ErrUnknownKey},
		{"alg of another letter case in its name", all, forge(`{"ALG":"HS256"}`, claimsWith(""), byHMAC), ErrMalformed},
		{"alg is a number", all, forge(`{"alg":256}`, claimsWith(""), byHMAC), ErrMalformed},
		{"alg given twice", all, forge(`{"alg":"none","alg":"HS256"}`, claimsWith(""), byHMAC), ErrMalformed},
		{"no signature", all, forge(headerHS256, claimsWith(""), byNone), ErrSignature},
		{"a signature of one byte", all, forge(headerHS256, claimsWith(""), func(string) []byte { return secret[:1] }), ErrSignature},
		{"RS256 key's PEM as the secret", all, confused(publicPEM(rsaPair())), ErrSignature},
		{"RS256 key's PEM as the secret, no HMAC key", noHMAC, confused(publicPEM(rsaPair())), ErrUnknownKey},
		{"RS256 key's DER as the secret, no HMAC key", noHMAC, confused(publicDER(rsaPair())), ErrUnknownKey},
		{"RS256 key's modulus as the secret", all, confused(rsaPair().N.Bytes()), ErrSignature},
		{"Ed25519 key as the secret", all, confused(publicDER(edPair())[12:]), ErrSignature},
		{"HMAC signature under RS256", all, forge(`{"alg":"RS256"}`, claimsWith(""), byHMAC), ErrSignature},
		{"HMAC signature under ES256", all, forge(`{"alg":"ES256"}`, claimsWith(""), byHMAC), ErrSignature},
		{"HMAC signature under EdDSA", all, forge(`{"alg":"EdDSA"}`, claimsWith(""), byHMAC), ErrSignature},
		{"HS512 of the right secret", all, forge(`{"alg":"HS512"}`, claimsWith(""), by(jwt.SigningMethodHS512, secret)), ErrUnknownKey},
		{"RS512 of the right key", all, forge(`{"alg":"RS512"}`, claimsWith(""), by(jwt.SigningMethodRS512, rsaPair())), ErrUnknownKey},
		{"PS256 of the right key", all, forge(`{"alg":"PS256"}`, claimsWith(""), by(jwt.SigningMethodPS256, rsaPair())), ErrUnknownKey},
		{"PS256 signature under RS256", all, forge(`{"alg":"RS256"}`, claimsWith(""), by(jwt.SigningMethodPS256, rsaPair())), ErrSignature},
		{"ES256 with r and s zero", all, forge(`{"alg":"ES256"}`, claimsWith(""), func(string) []byte { return make([]byte, 64) }), ErrSignature},
		{"EdDSA with a zero signature", all, forge(`{"alg":"EdDSA"}`, claimsWith(""), func(string) []byte { return make([]byte, 64) }), ErrSignature},
		{"RS256 with a zero signature", all, forge(`{"alg":"RS256"}`, claimsWith(""), func(string) []byte { return make([]byte, 256) }), ErrSignature},
		{"a secret that is not configured", all, confused([]byte(strings.Repeat("x", 32))), ErrSignature},
		{"an empty secret", all, confused(nil), ErrSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := newVerifier(t, tt.cfg).Verify(t.Context(), tt.token)
			if !errors.Is(err, tt.want) || p.User != "" {
				t.Errorf("got %q, %v, want %v", p.User, err, tt.want)
			}
			checkSilent(t, err, tt.token, secretText, secretText2)
		})
	}
}

// A token cannot bring its own key: the header's jwk, jku, x5u and x5c count
// for nothing, neither for nor against a token.
func TestVerifier_IgnoresKeysInTheHeader(t *testing.T) {
	v := newVerifier(t, everyKey())
	const own = `"jwk":{"kty":"oct","k":"eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg"},"jku":"https://evil.example/jwks",` +
		`"x5u":"https://evil.example/cert","x5c":["AAAA"]`
	header := `{"alg":"HS256",` + own + `}`
	foreign := by(jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32)))
	if _, err := v.Verify(t.Context(), forge(header, claimsWith(""), foreign)); !errors.Is(err, ErrSignature) {
		t.Errorf("signed by its own key: got %v, want ErrSignature", err)
	}
	if _, err := v.Verify(t.Context(), forge(header, claimsWith(""), byHMAC)); err != nil {
		t.Errorf("signed by the right key: %v", err)
	}
}

func TestVerifier_AnswersTheSameForUnknownUserAndBadSignature(t *testing.T) {
	v := newVerifier(t, Config{Keys: []Key{hmacKey(secretText)}})
	foreign := by(jwt.SigningMethodHS256, []byte(secretText2))
	for _, payload := range []string{claimsWith(""), `{}`, `{"sub":7}`, `not JSON`, ``} {
		_, err := v.Verify(t.Context(), forge(headerHS256, payload, foreign))
		if !errors.Is(err, ErrSignature) || err.Error() != ErrSignature.Error() {
			t.Errorf("%s: got %v, want only ErrSignature: claims count after the signature", payload, err)
		}
	}
}

func TestVerifier_TimesAreJudgedByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := everyKey()
		cfg.Leeway = 30 * time.Second
		v := newVerifier(t, cfg)
		text := forge(headerHS256, at(`{"sub":"alice","exp":NOW+60,"nbf":NOW+40,"iat":NOW+0}`), byHMAC)
		verify := func(want error) {
			t.Helper()
			if _, err := v.Verify(t.Context(), text); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		}
		verify(ErrNotYet)
		time.Sleep(10 * time.Second) // nbf is 30 s ahead now
		verify(nil)
		time.Sleep(49 * time.Second)
		verify(nil)
		time.Sleep(time.Second) // exp, without leeway
		verify(ErrExpired)
	})
}

func TestNewVerifier_RefusesBadConfig(t *testing.T) {
	key := hmacKey(secretText)
	for name, cfg := range map[string]Config{
		"no key":                     {},
		"an empty key":               {Keys: []Key{{}}},
		"too many keys":              {Keys: make([]Key, maxKeys+1)},
		"a leeway over 30 s":         {Keys: []Key{key}, Leeway: 31 * time.Second},
		"a negative leeway":          {Keys: []Key{key}, Leeway: -1},
		"a negative lifetime":        {Keys: []Key{key}, MaxLifetime: -1},
		"a JWKS over plain http":     {JWKSURL: "http://idp.example/jwks"},
		"a JWKS from a file":         {JWKSURL: "file:///etc/passwd"},
		"a JWKS URL without host":    {JWKSURL: "https:///jwks"},
		"a JWKS URL that is none":    {JWKSURL: "::"},
		"a name that begins like it": {JWKSURL: "http://localhost.evil.example/jwks"},
	} {
		if _, err := NewVerifier(t.Context(), cfg, slog.New(slog.DiscardHandler)); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: got %v, want ErrConfig", name, err)
		}
	}
}

func TestKey_MaterialIsOutOfReachOfPrinting(t *testing.T) {
	cfg := everyKey()
	v := newVerifier(t, cfg)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "cfg", cfg.Keys, "v", v, "key", cfg.Keys[0])
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cfg", cfg, "v", v, "key", cfg.Keys[0])
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		fmt.Fprintf(&log, format+format+format+format, cfg, &cfg, v, cfg.Keys[0])
	}
	for _, secret := range []string{secretText, secretText2} {
		numbers := strings.Trim(fmt.Sprintf("%d", []byte(secret[:8])), "[]")
		goSyntax := strings.TrimSuffix(fmt.Sprintf("%#v", []byte(secret[:8]))[7:], "}")
		for _, form := range []string{secret[:8], fmt.Sprintf("%x", secret[:8]), numbers, goSyntax, segment(secret[:6])} {
			if strings.Contains(log.String(), form) {
				t.Errorf("%q is printed", form)
			}
		}
	}
}

func TestVerifier_CloseWithoutJWKS(t *testing.T) {
	v := newVerifier(t, everyKey())
	v.Close()
	if _, err := v.Verify(context.Background(), forge(headerHS256, claimsWith(""), byHMAC)); err != nil {
		t.Error(err)
	}
}

func TestVerifier_Reload(t *testing.T) {
	mint := func(secret string) (Key, string) {
		key, err := HMACKey([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		token, err := Mint(key, Claims{User: "alice", TTL: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return key, token
	}
	oldKey, oldToken := mint("an old secret of thirty-two bytes")
	newKey, newToken := mint("a new secret of thirty-two bytes!")
	v, err := NewVerifier(t.Context(), Config{Keys: []Key{oldKey}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{
		"no key":           {},
		"another URL":      {Keys: []Key{newKey}, JWKSURL: "https://id.example/keys"},
		"another lifetime": {Keys: []Key{newKey}, MaxLifetime: time.Hour},
	} {
		if err := v.Reload(cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := v.Verify(t.Context(), oldToken); err != nil {
		t.Errorf("after reloads that failed: %v", err)
	}
	if err := v.Reload(Config{Keys: []Key{newKey}}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), oldToken); !errors.Is(err, ErrSignature) {
		t.Errorf("a token of the old key: %v", err)
	}
	if _, err := v.Verify(t.Context(), newToken); err != nil {
		t.Errorf("a token of the new key: %v", err)
	}
}
