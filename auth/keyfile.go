package auth

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxKeyFile is the size from which a file cannot be a key, in bytes.
const maxKeyFile = 64 << 10

// LoadHMACKeyFile reads an HS256 secret: the bytes of the file less one newline
// at its end, at least MinSecretLen of them.
func LoadHMACKeyFile(path string) (Key, error) {
	secret, err := readFile(path, maxKeyFile)
	if err != nil {
		return Key{}, fmt.Errorf("load HS256 secret: %w", err)
	}
	key, err := HMACKey(bytes.TrimSuffix(secret, []byte("\n")))
	if err != nil {
		return Key{}, fmt.Errorf("load HS256 secret %s: %w", path, err)
	}
	return key, nil
}

// LoadPublicKeyFile reads one RSA, ECDSA P-256 or Ed25519 public key in PEM
// ("PUBLIC KEY" or "RSA PUBLIC KEY").
func LoadPublicKeyFile(path string) (Key, error) {
	text, err := readFile(path, maxKeyFile)
	if err != nil {
		return Key{}, fmt.Errorf("load public key: %w", err)
	}
	key, err := parsePublicKey(text)
	if err != nil {
		return Key{}, fmt.Errorf("load public key %s: %w", path, err)
	}
	return key, nil
}

func parsePublicKey(text []byte) (Key, error) {
	block, rest := pem.Decode(text)
	if block == nil {
		return Key{}, fmt.Errorf("%w: not PEM", ErrBadKey)
	}
	if next, _ := pem.Decode(rest); next != nil {
		return Key{}, fmt.Errorf("%w: more than one key in the file", ErrBadKey)
	}
	if strings.Contains(block.Type, "PRIVATE") {
		return Key{}, fmt.Errorf("%w: a private key; the hub only needs the public one", ErrBadKey)
	}
	key, err := any(nil), error(nil)
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return Key{}, fmt.Errorf("%w: want PUBLIC KEY or RSA PUBLIC KEY", ErrBadKey)
	}
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrBadKey, err)
	}
	return PublicKey(key)
}

// readFile is os.ReadFile for files of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("read %s: longer than %d bytes", path, limit)
	}
	return b, nil
}
