package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms of tokens (RFC 7518 section 3.1, RFC 8037 section 3.1). A key
// has exactly one.
const (
	HS256 = "HS256"
	RS256 = "RS256"
	ES256 = "ES256"
	EdDSA = "EdDSA"
)

const (
	// MinSecretLen is the shortest HS256 secret, in bytes (RFC 7518 section 3.2).
	MinSecretLen = 32

	minRSABits = 2048 // RFC 7518 section 3.3
	maxRSABits = 8192 // more would make each check cost milliseconds
)

// ErrBadKey is wrapped by the errors of the functions that make or load keys.
var ErrBadKey = errors.New("not a usable key")

// Key verifies tokens of one algorithm. Its material is out of reach of fmt and
// slog.
type Key struct {
	alg    string
	verify func(signed, signature []byte) bool
	secret func() []byte // nil for a public key
}

// Algorithm returns the one algorithm of the tokens that k verifies.
func (k Key) Algorithm() string { return k.alg }

// HMACKey returns the HS256 key of a secret of at least MinSecretLen bytes.
func HMACKey(secret []byte) (Key, error) {
	if len(secret) < MinSecretLen {
		return Key{}, fmt.Errorf("%w: an HS256 secret has at least %d bytes, not %d", ErrBadKey, MinSecretLen, len(secret))
	}
	if bytes.HasPrefix(bytes.TrimSpace(secret), []byte("-----BEGIN ")) {
		// A public key as an HMAC secret would let everyone sign tokens.
		return Key{}, fmt.Errorf("%w: an HS256 secret is not a PEM file", ErrBadKey)
	}
	secret = bytes.Clone(secret)
	return Key{alg: HS256, verify: hmacVerifier(secret), secret: func() []byte { return secret }}, nil
}

// hmacVerifier keeps keyed hashes for reuse, since keying one costs more than
// hashing a token.
func hmacVerifier(secret []byte) func(signed, signature []byte) bool {
	type mac struct {
		hash.Hash
		sum []byte
	}
	macs := sync.Pool{New: func() any {
		return &mac{hmac.New(sha256.New, secret), make([]byte, 0, sha256.Size)}
	}}
	return func(signed, signature []byte) bool {
		m := macs.Get().(*mac)
		defer macs.Put(m)
		m.Reset()
		m.Write(signed)
		return hmac.Equal(m.Sum(m.sum), signature)
	}
}

// PublicKey returns the key of an *rsa.PublicKey of 2048 to 8192 bits (RS256),
// an *ecdsa.PublicKey on P-256 (ES256) or an ed25519.PublicKey (EdDSA).
func PublicKey(key any) (Key, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return Key{}, fmt.Errorf("%w: an RSA key has %d to %d bits, not %d", ErrBadKey, minRSABits, maxRSABits, bits)
		}
		if k.E < 3 || k.E > 1<<31-1 || k.E%2 == 0 {
			return Key{}, fmt.Errorf("%w: the RSA exponent is out of range", ErrBadKey)
		}
		return public(jwt.SigningMethodRS256, k), nil
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return Key{}, fmt.Errorf("%w: an ECDSA key is on the curve P-256", ErrBadKey)
		}
		if _, err := k.ECDH(); err != nil {
			return Key{}, fmt.Errorf("%w: the ECDSA key is not a point of its curve", ErrBadKey)
		}
		return public(jwt.SigningMethodES256, k), nil
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize {
			return Key{}, fmt.Errorf("%w: an Ed25519 key has %d bytes", ErrBadKey, ed25519.PublicKeySize)
		}
		return public(jwt.SigningMethodEdDSA, k), nil
	default:
		return Key{}, fmt.Errorf("%w: want RSA, ECDSA P-256 or Ed25519", ErrBadKey)
	}
}

func public(method jwt.SigningMethod, key any) Key {
	return Key{alg: method.Alg(), verify: func(signed, signature []byte) bool {
		return method.Verify(string(signed), signature, key) == nil
	}}
}
