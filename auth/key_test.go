package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"
)

func TestPublicKey_Refuses(t *testing.T) {
	n := rsaPair().N
	for name, key := range map[string]any{
		"nothing":                  nil,
		"a secret":                 []byte(secretText),
		"a private key":            edPair(),
		"an RSA key by value":      rsaPair().PublicKey,
		"an even RSA exponent":     &rsa.PublicKey{N: n, E: 65536},
		"an RSA exponent of 1":     &rsa.PublicKey{N: n, E: 1},
		"an RSA exponent of 0":     &rsa.PublicKey{N: n},
		"an RSA key of 16384 bits": &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 16383), E: 65537},
		"a point off the curve":    point(1),
		"the point at infinity":    point(0),
		"no curve":                 &ecdsa.PublicKey{},
		"half an Ed25519 key":      ed25519.PublicKey(make([]byte, 16)),
	} {
		if _, err := PublicKey(key); !errors.Is(err, ErrBadKey) {
			t.Errorf("%s: got %v, want ErrBadKey", name, err)
		}
	}
}

// point returns a key that no parser would: (n, n) is not on the curve.
func point(n int64) *ecdsa.PublicKey {
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(n), Y: big.NewInt(n)} //nolint:staticcheck // what the test is about
}
