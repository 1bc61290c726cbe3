package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	certPEM, keyPEM := newPair(t, 1)
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return writeFile(t, "cert.pem", string(certPEM)), writeFile(t, "key.pem", string(keyPEM)), roots
}

// newPair makes a certificate for 127.0.0.1 that signs itself, and its key.
func newPair(t *testing.T, serial int64) (certPEM, keyPEM []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

func TestServe_StreamsOverTLS(t *testing.T) {
	certFile, keyFile, roots := selfSigned(t)
	h := startHub(t, "--tls-cert", certFile, "--tls-key", keyFile, "--drain-delay", "0", "--drain-window", "0")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(h.public, "http", "https", 1)+"/api/sse", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.token("alice"))
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer time.AfterFunc(patience, func() { resp.Body.Close() }).Stop()
	lines := bufio.NewReader(resp.Body)
	readTo := func(text string) {
		t.Helper()
		for line := ""; !strings.Contains(line, text); {
			if line, err = lines.ReadString('\n'); err != nil {
				t.Fatalf("no %q: %v", text, err)
			}
		}
	}
	readTo("event: connected")
	h.send("user/alice", "n", `"over TLS"`)
	readTo(`data: "over TLS"`)
	h.signal(syscall.SIGTERM)
	readTo("event: reconnect")
	if _, err := io.ReadAll(lines); err != nil { // the end is one that TLS vouches for
		t.Errorf("end of stream: %v", err)
	}
	if code := h.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
