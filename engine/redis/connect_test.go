package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/enginetest"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(t.TempDir(), name)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func wantOpenError(t *testing.T, cfg Config, text string) {
	t.Helper()
	e, err := Open(t.Context(), cfg, quiet())
	if err == nil {
		_ = e.Close()
		t.Fatal("Open succeeded")
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("Open: %v, want %q", err, text)
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("Open tells the password: %v", err)
	}
}

func TestOpen_RefusesBadSettings(t *testing.T) {
	empty, secret := writeFile(t, "empty", "\n"), writeFile(t, "secret", "s3cret")
	for _, tt := range []struct {
		cfg  Config
		text string
	}{
		{Config{}, "redis:// or rediss://"},
		{Config{URL: "redis://a", Namespace: "a}b"}, "namespace"},
		{Config{URL: "redis://a", Namespace: strings.Repeat("x", 65)}, "namespace"},
		{Config{URL: "redis://a", Username: "u"}, "password file"},
		{Config{URL: "redis://a", PasswordFile: empty}, "is empty"},
		{Config{URL: "redis://a", PasswordFile: empty + "x"}, "no such file"},
		{Config{URL: "redis://a", CAFile: secret}, "rediss://"},
		{Config{URL: "rediss://a", CAFile: secret}, "holds none"},
		{Config{URL: "rediss://a", CertFile: secret}, "key file"},
		{Config{URL: "rediss://a", CertFile: secret, KeyFile: secret}, "certificate"},
		{Config{URL: "redis://a", SentinelMaster: "m", SentinelPasswordFile: empty}, "is empty"},
	} {
		wantOpenError(t, tt.cfg, tt.text)
	}
}

func TestOpen_FailsWithoutAServer(t *testing.T) {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, Config{URL: "redis://127.0.0.1:" + strconv.Itoa(port)}, "connect")
}

func TestOpen_PasswordComesFromAFileAndMayChange(t *testing.T) {
	s := startServer(t, "--requirepass", "s3cret")
	wantOpenError(t, Config{URL: s.url()}, "NOAUTH")
	wrong := writeFile(t, "wrong", "s3cret2\n")
	wantOpenError(t, Config{URL: s.url(), PasswordFile: wrong}, "WRONGPASS")

	file := writeFile(t, "password", "s3cret\n")
	e := s.open(t, Config{PasswordFile: file})
	f := follow(t, e)
	mustAppend(t, e, 1, "")
	f.awaitNumber(t, 1)
	b := e.client.B
	for _, cmd := range [][]string{{"CONFIG", "SET", "requirepass", "other"}, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}} {
		if err := e.client.Do(t.Context(), b().Arbitrary(cmd...).Build()).Error(); err != nil {
			t.Fatal(err)
		}
		writeFile(t, file, "other")
	}
	mustEventually(t, e, 2)
	f.awaitNumber(t, 2)
}

func TestOpen_UsesAnACLUser(t *testing.T) {
	s := startServer(t, "--requirepass", "x", "--user", "hub", "on", ">s3cret", "~h:*", "&h:*", "+@all")
	file := writeFile(t, "password", "s3cret")
	e := s.open(t, Config{Username: "hub", PasswordFile: file})
	mustAppend(t, e, 1, "key")
	who, err := e.client.Do(t.Context(), e.client.B().Arbitrary("ACL", "WHOAMI").Build()).ToString()
	if err != nil || who != "hub" {
		t.Errorf("connected as %q, %v", who, err)
	}
}

// The whole contract on a Cluster of one node, which checks that keys and
// channels of one call belong to one slot.
func TestEngine_ContractOnACluster(t *testing.T) {
	t.Parallel()
	s := startNode(t, time.Second)
	call := dial(t, s)
	mustOK(t, call, "CLUSTER ADDSLOTSRANGE 0 16383")
	eventually(t, "the cluster", func() bool { return strings.Contains(call("CLUSTER INFO"), "cluster_state:ok") })
	open := func(cfg Config) func(t *testing.T) engine.Engine {
		return func(t *testing.T) engine.Engine { t.Helper(); return s.open(t, cfg) }
	}
	enginetest.Run(t, open(Config{}), enginetest.Options{OpenSmall: open(Config{MaxRecords: 20})})

	e := s.open(t, Config{})
	announce(t, e, lease("a", "1"), lease("b", "1"))
	if got := mustLeases(t, e); len(got) != 2 {
		t.Errorf("leases %v", got)
	}
	answer(t, e, "a", echo)
	if got := ask(t, e, "x", 1); len(got) != 1 {
		t.Errorf("replies %v", got)
	}
	if err := e.trim(t.Context()); err != nil {
		t.Errorf("trim: %v", err)
	}
}

// certificate writes a certificate that signs itself, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return writeFile(t, "cert.pem", block("CERTIFICATE", der)), writeFile(t, "key.pem", block("PRIVATE KEY", encoded))
}

func TestOpen_TLSOnBothSides(t *testing.T) {
	cert, key := certificate(t)
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	startServer(t, "--tls-port", strconv.Itoa(port), "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert)
	url := "rediss://127.0.0.1:" + strconv.Itoa(port)
	wantOpenError(t, Config{URL: url, CertFile: cert, KeyFile: key}, "certificate")
	wantOpenError(t, Config{URL: url, CAFile: cert}, "connect") // the server wants a certificate too
	e, err := Open(t.Context(), Config{URL: url, CAFile: cert, CertFile: cert, KeyFile: key}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	f := follow(t, e)
	mustAppend(t, e, 1, "")
	f.awaitNumber(t, 1)
}
