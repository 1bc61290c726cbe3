package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// jwk writes a public key as a member of a JWKS. extra is put in as it is.
func jwk(kid string, k crypto.Signer, extra string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	var material string
	switch p := k.Public().(type) {
	case *rsa.PublicKey:
		material = fmt.Sprintf(`"kty":"RSA","n":%q,"e":%q`, b64(p.N.Bytes()), b64(big.NewInt(int64(p.E)).Bytes()))
	case *ecdsa.PublicKey:
		point := must(p.Bytes())
		material = fmt.Sprintf(`"kty":"EC","crv":"P-256","x":%q,"y":%q`, b64(point[1:33]), b64(point[33:]))
	case ed25519.PublicKey:
		material = fmt.Sprintf(`"kty":"OKP","crv":"Ed25519","x":%q`, b64(p))
	}
	return fmt.Sprintf(`{"kid":%q,%s%s}`, kid, material, extra)
}

func jwks(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

// serve answers with the handler, and returns a Verifier that asks it, and its log.
func serve(t *testing.T, h http.HandlerFunc) (*Verifier, *strings.Builder) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	var log strings.Builder
	v, err := NewVerifier(t.Context(), Config{JWKSURL: server.URL + "/jwks?secret=c0ffee"},
		slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v, &log
}

func TestJWKSFetch_EveryKindOfKey(t *testing.T) {
	body := jwks(
		jwk("rs", rsaPair(), `,"use":"sig","alg":"RS256","x5u":"http://127.0.0.1:1/","x5c":["AAAA"]`),
		jwk("es", ecPair(), `,"key_ops":["verify"]`), jwk("ed", edPair(), ``))
	v, log := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
	for _, tt := range []struct {
		alg, kid string
		sign     signer
	}{
		{RS256, "rs", by(jwt.SigningMethodRS256, rsaPair())},
		{ES256, "es", by(jwt.SigningMethodES256, ecPair())},
		{EdDSA, "ed", by(jwt.SigningMethodEdDSA, edPair())},
	} {
		for _, kid := range []string{`,"kid":"` + tt.kid + `"`, ``} {
			text := forge(`{"alg":"`+tt.alg+`"`+kid+`}`, claimsWith(""), tt.sign)
			if p, err := v.Verify(t.Context(), text); err != nil || p.User != "alice" {
				t.Errorf("%s%s: got %q, %v", tt.alg, kid, p.User, err)
			}
		}
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", log)
	}
}

func TestJWKSFetch_BadAnswersAreLoggedAndNotUsed(t *testing.T) {
	good := jwks(jwk("ed", edPair(), ""))
	answer := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
	}
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	for _, tt := range []struct {
		name string
		h    http.HandlerFunc
		want string
	}{
		{"a status", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, good, http.StatusTeapot) }, "status 418"},
		{"no JSON", answer("<html>"), "parse jwks"},
		{"no keys", answer(`{}`), "none of 0"},
		{"too long", answer(good + strings.Repeat(" ", maxJWKSBytes)), "longer than"},
		{"too many keys", answer(manyJWKs(maxJWKSKeys + 1)), "more than 100"},
		{"a cut-off body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9999")
			fmt.Fprint(w, good)
		}, "unexpected EOF"},
		{"a redirect to itself", redirect("/jwks?secret=c0ffee"), "redirects"},
		{"a redirect to plain http", redirect("http://192.0.2.1/"), "https, or http to a loopback address"},
		{"a redirect to a file", redirect("file:///etc/passwd"), "https, or http to a loopback address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, log := serve(t, tt.h)
			if _, err := v.Verify(t.Context(), edToken("ed")); !errors.Is(err, ErrKeysUnavailable) {
				t.Errorf("got %v, want ErrKeysUnavailable", err)
			}
			v.Close() // the log is only read after its last writer
			text := log.String()
			if !strings.Contains(text, "jwks not fetched") || !strings.Contains(text, tt.want) || strings.Contains(text, "c0ffee") {
				t.Errorf("logged %q, want %q", text, tt.want)
			}
		})
	}
}

func manyJWKs(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = jwk(fmt.Sprint("ed", i), edPair(), "")
	}
	return jwks(keys...)
}

func TestJWKSFetch_IssuerCannotBeReached(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	var log strings.Builder
	v, err := NewVerifier(t.Context(), Config{JWKSURL: server.URL + "/?secret=c0ffee"}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	v.Close()
	if text := log.String(); !strings.Contains(text, "refused") || strings.Contains(text, "c0ffee") {
		t.Errorf("logged %q", text)
	}
}

func TestParseJWKS_PassesOverWhatIsNotForTokens(t *testing.T) {
	ed := jwk("ed", edPair(), "")
	for name, other := range map[string]string{
		"a symmetric key":                `{"kid":"x","kty":"oct","k":"` + segment(secretText) + `"}`,
		"a symmetric key for HS256":      `{"kid":"x","kty":"oct","alg":"HS256","k":"` + segment(secretText) + `"}`,
		"for encryption":                 jwk("x", rsaPair(), `,"use":"enc"`),
		"for signing only":               jwk("x", rsaPair(), `,"key_ops":["sign"]`),
		"for another algorithm":          jwk("x", rsaPair(), `,"alg":"RS512"`),
		"for the HMAC of its bytes":      jwk("x", rsaPair(), `,"alg":"HS256"`),
		"an unknown kind":                `{"kid":"x","kty":"PQ"}`,
		"another curve":                  `{"kid":"x","kty":"OKP","crv":"X25519","x":"` + segment(secretText) + `"}`,
		"a point off the curve":          `{"kid":"x","kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}`,
		"an RSA key of few bits":         `{"kid":"x","kty":"RSA","n":"` + segment(secretText) + `","e":"AQAB"}`,
		"an RSA exponent past an int":    `{"kid":"x","kty":"RSA","n":"` + base64.RawURLEncoding.EncodeToString(rsaPair().N.Bytes()) + `","e":"AQAAAAAAAAAD"}`,
		"an RSA exponent of 1":           `{"kid":"x","kty":"RSA","n":"` + base64.RawURLEncoding.EncodeToString(rsaPair().N.Bytes()) + `","e":"AQ"}`,
		"a kid of 129 bytes":             jwk(strings.Repeat("k", 129), rsaPair(), ""),
		"a kid that is a number":         `{"kid":7,"kty":"OKP","crv":"Ed25519","x":""}`,
		"a member of the wrong form":     `{"kty":["RSA"]}`,
		"null":                           `null`,
		"a number":                       `1`,
		"a second key of the same kid":   ed,
		"a key with a private part only": `{"kid":"x","kty":"OKP","crv":"Ed25519","d":"` + segment(secretText) + `"}`,
	} {
		keys, err := parseJWKS([]byte(jwks(other, ed)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		delete(keys, keyID{EdDSA, ""})
		if _, ok := keys[keyID{EdDSA, "ed"}]; !ok || len(keys) != 1 {
			t.Errorf("%s: got %v", name, keys)
		}
	}
}

func TestParseJWKS_WithoutAKidOnlyTheOnlyKey(t *testing.T) {
	two, err := parseJWKS([]byte(jwks(jwk("a", edPair(), ""), jwk("", edPair(), ""), jwk("", ecPair(), ""))))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := two[keyID{EdDSA, ""}]; ok {
		t.Error("a token without kid may choose between two keys")
	}
	if _, ok := two[keyID{ES256, ""}]; !ok {
		t.Error("the only ES256 key is not found without kid")
	}
}

func TestParseJWKS_PrivateKeysBecomePublic(t *testing.T) {
	d := base64.RawURLEncoding.EncodeToString(edPair().Seed())
	keys, err := parseJWKS([]byte(jwks(jwk("ed", edPair(), `,"d":"`+d+`"`))))
	if err != nil || keys[keyID{EdDSA, "ed"}].secret != nil {
		t.Errorf("got %v, %v", keys, err)
	}
}

func FuzzParseJWKS(f *testing.F) {
	f.Add([]byte(jwks(jwk("rs", rsaPair(), ""), jwk("es", ecPair(), ""), jwk("ed", edPair(), ""))))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AAAA"},null,1]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := parseJWKS(body)
		if err != nil {
			return
		}
		if !json.Valid(body) || len(keys) == 0 {
			t.Fatalf("got %d keys of %q", len(keys), body)
		}
		for id, k := range keys {
			if id.alg != k.alg || k.alg == HS256 || k.secret != nil {
				t.Fatalf("a key for %q under %q", k.alg, id.alg)
			}
		}
	})
}
