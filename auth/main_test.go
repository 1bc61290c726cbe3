package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secretText  = "0123456789abcdef0123456789abcdef"
	secretText2 = "another secret of more than 32 bytes"
)

// Key pairs are made once: RSA is slow under the race detector.
var (
	rsaPair = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecPair  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	edPair  = sync.OnceValue(func() ed25519.PrivateKey {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return must(private, err)
	})
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func hmacKey(secret string) Key        { return must(HMACKey([]byte(secret))) }
func publicKey(k crypto.Signer) Key    { return must(PublicKey(k.Public())) }
func segment(s string) string          { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
func publicDER(k crypto.Signer) []byte { return must(x509.MarshalPKIXPublicKey(k.Public())) }

func publicPEM(k crypto.Signer) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER(k)})
}

// signer signs the first two parts of a token.
type signer func(signed string) []byte

func by(method jwt.SigningMethod, key any) signer {
	return func(signed string) []byte { return must(method.Sign(signed, key)) }
}

var (
	byHMAC = by(jwt.SigningMethodHS256, []byte(secretText))
	byNone = func(string) []byte { return nil }
)

// forge makes a token of any header and payload.
func forge(header, payload string, sign signer) string {
	signed := segment(header) + "." + segment(payload)
	return signed + "." + base64.RawURLEncoding.EncodeToString(sign(signed))
}

const headerHS256 = `{"alg":"HS256","typ":"JWT"}`

// claimsWith returns a good payload with members added to it; in them, NOW+n
// stands for the time n seconds from now.
func claimsWith(members string) string {
	if members != "" {
		members = "," + members
	}
	return at(`{"sub":"alice","exp":NOW+3600` + members + `}`)
}

func at(payload string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(payload, "NOW")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		var offset int64
		if n, _ := fmt.Sscanf(after, "%d", &offset); n == 1 {
			after = strings.TrimLeft(after[1:], "0123456789")
		}
		fmt.Fprint(&b, time.Now().Unix()+offset)
		payload = after
	}
}

func newVerifier(tb testing.TB, cfg Config) *Verifier {
	tb.Helper()
	v, err := NewVerifier(tb.Context(), cfg, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// checkSilent fails if the error quotes a credential, or a part of 8 bytes.
func checkSilent(tb testing.TB, err error, credentials ...string) {
	tb.Helper()
	if err == nil {
		return
	}
	text := err.Error()
	for _, c := range credentials {
		for i := 0; i+8 <= len(c) && i < MaxTokenLen; i++ {
			if strings.Contains(text, c[i:i+8]) {
				tb.Fatalf("the error quotes a credential: %q", text)
			}
		}
	}
}
