package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func writeFile(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadHMACKeyFile_BytesLessOneNewline(t *testing.T) {
	raw := slices.Repeat([]byte{0xff, 0x00, 0x0a, 0x20}, 8) // a newline inside, a space at the end
	for name, tt := range map[string]struct{ file, secret []byte }{
		"as it is":            {[]byte(secretText), []byte(secretText)},
		"one newline":         {[]byte(secretText + "\n"), []byte(secretText)},
		"two newlines":        {[]byte(secretText + "\n\n"), []byte(secretText + "\n")},
		"a carriage return":   {[]byte(secretText + "\r\n"), []byte(secretText + "\r")},
		"space is kept":       {[]byte(" " + secretText + " \n"), []byte(" " + secretText + " ")},
		"bytes, not a text":   {raw, raw},
		"bytes and a newline": {append(slices.Clone(raw), '\n'), raw},
	} {
		key, err := LoadHMACKeyFile(writeFile(t, tt.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text := forge(headerHS256, claimsWith(""), by(jwt.SigningMethodHS256, tt.secret))
		if _, err := newVerifier(t, Config{Keys: []Key{key}}).Verify(t.Context(), text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoadHMACKeyFile_Refuses(t *testing.T) {
	for name, file := range map[string][]byte{
		"31 bytes":            []byte(secretText[:31]),
		"31 and a newline":    []byte(secretText[:31] + "\n"),
		"nothing":             nil,
		"a public key":        publicPEM(rsaPair()),
		"a public key behind": append([]byte("\n\n"), publicPEM(edPair())...),
		"too long":            make([]byte, maxKeyFile+1),
	} {
		_, err := LoadHMACKeyFile(writeFile(t, file))
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		checkSilent(t, err, secretText)
	}
	if _, err := LoadHMACKeyFile(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
}

func TestHMACKey_KeepsItsOwnCopy(t *testing.T) {
	secret := []byte(secretText)
	key := must(HMACKey(secret))
	clear(secret)
	text := must(Mint(key, Claims{User: "alice", TTL: time.Hour}))
	if _, err := newVerifier(t, Config{Keys: []Key{hmacKey(secretText)}}).Verify(t.Context(), text); err != nil {
		t.Error(err)
	}
}

func TestLoadPublicKeyFile(t *testing.T) {
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&rsaPair().PublicKey)})
	for name, tt := range map[string]struct {
		file []byte
		alg  string
	}{
		"RSA":                  {publicPEM(rsaPair()), RS256},
		"RSA in PKCS #1":       {pkcs1, RS256},
		"ECDSA P-256":          {publicPEM(ecPair()), ES256},
		"Ed25519":              {publicPEM(edPair()), EdDSA},
		"with text before it":  {append([]byte("a comment\n"), publicPEM(edPair())...), EdDSA},
		"with spaces after it": {append(publicPEM(edPair()), "\n \n"...), EdDSA},
	} {
		key, err := LoadPublicKeyFile(writeFile(t, tt.file))
		if err != nil || key.Algorithm() != tt.alg {
			t.Errorf("%s: got %q, %v, want %q", name, key.Algorithm(), err, tt.alg)
		}
	}
}

func TestLoadPublicKeyFile_Refuses(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(edPair()))})
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	for name, tt := range map[string]struct {
		file []byte
		want string
	}{
		"an RSA key of 1024 bits": {publicPEM(small), "2048"},
		"ECDSA P-384":             {publicPEM(p384), "P-256"},
		"a private key":           {private, "private key"},
		"two keys":                {append(publicPEM(edPair()), publicPEM(ecPair())...), "more than one"},
		"a certificate":           {block("CERTIFICATE", []byte("x")), "want PUBLIC KEY"},
		"broken DER":              {block("PUBLIC KEY", []byte("x")), ""},
		"broken PKCS #1":          {block("RSA PUBLIC KEY", []byte("x")), ""},
		"no PEM":                  {[]byte(secretText), "not PEM"},
		"nothing":                 {nil, "not PEM"},
	} {
		_, err := LoadPublicKeyFile(writeFile(t, tt.file))
		if !errors.Is(err, ErrBadKey) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want one with %q", name, err, tt.want)
		}
		checkSilent(t, err, secretText, strings.Split(string(private), "\n")[1])
	}
	if _, err := LoadPublicKeyFile(t.TempDir()); err == nil {
		t.Error("a directory: accepted")
	}
}
