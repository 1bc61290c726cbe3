package nats

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"
)

func TestTLS_HubsShowCertificatesOfOneCA(t *testing.T) {
	files := makeCertificate(t)
	secret := writeFile(t, "secret", "a secret of the cluster\n")
	client := fmt.Sprintf("127.0.0.1:%d", freePorts(t, 1)[0])
	core := mustOpen(t, Config{ClientListen: client, ClusterSecretFile: secret, TLS: files})
	edge := Config{URLs: []string{"nats://" + client}, TokenFile: secret, TLS: files}

	a, err := core.Append(t.Context(), record(1), "")
	if err != nil {
		t.Fatal(err)
	}
	if got := collect(t, mustOpen(t, edge), a.Position.Seq); got[0].Record.Nonce != 1 {
		t.Errorf("the other hub got %+v", got[0].Record)
	}

	for name, cfg := range map[string]Config{
		"without a certificate": {URLs: edge.URLs, TokenFile: secret, TLS: TLS{CAFile: files.CAFile}},
		"without the CA":        {URLs: edge.URLs, TokenFile: secret},
		"without the secret":    {URLs: edge.URLs, TLS: files},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if e, err := Open(ctx, cfg, testLog()); err == nil {
			t.Errorf("a hub %s was let in", name)
			mustClose(t, e)
		}
		cancel()
	}
}

func TestTLS_MembersShowCertificatesOfOneCA(t *testing.T) {
	files := makeCertificate(t)
	m := startCluster(t, func(cfg *Config) { cfg.TLS, cfg.ClientListen = files, "" })
	a, err := m.engines[0].Append(t.Context(), record(1), "")
	if err != nil {
		t.Fatal(err)
	}
	if got := collect(t, m.engines[1], a.Position.Seq); got[0].Record.Nonce != 1 {
		t.Errorf("the other member got %+v", got[0].Record)
	}
}

// makeCertificate writes a certificate for this machine that is its own CA.
func makeCertificate(t *testing.T) TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "hub"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return TLS{
		CAFile:   file,
		CertFile: file,
		KeyFile:  writeFile(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))),
	}
}
