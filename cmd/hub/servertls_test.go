package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/hub/client"
)

// secret is a directory as Kubernetes mounts a Secret: the files are links into
// a directory behind a link that is exchanged as a whole.
type secret struct {
	t    *testing.T
	dir  string
	turn int
}

func newSecret(t *testing.T, cert, key []byte) *secret {
	t.Helper()
	s := &secret{t: t, dir: t.TempDir()}
	s.put(cert, key)
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.Symlink(filepath.Join("..data", name), s.file(name)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *secret) file(name string) string { return filepath.Join(s.dir, name) }

func (s *secret) put(cert, key []byte) {
	s.t.Helper()
	s.turn++
	version := fmt.Sprintf("..%d", s.turn)
	for _, err := range []error{
		os.Mkdir(s.file(version), 0o700),
		os.WriteFile(filepath.Join(s.file(version), "tls.crt"), cert, 0o600),
		os.WriteFile(filepath.Join(s.file(version), "tls.key"), key, 0o600),
		os.Symlink(version, s.file("..new")),
		os.Rename(s.file("..new"), s.file("..data")),
	} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// serial returns the number of the certificate that a listener shows.
func serial(t *testing.T, url string) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", url[strings.LastIndex(url, "/")+1:], &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it is about which one it is
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestTLS_ReloadKeepsStreamsAndABadPairChangesNothing(t *testing.T) {
	cert1, key1 := newPair(t, 1)
	files := newSecret(t, cert1, key1)
	h := startHub(t, "--tls-cert", files.file("tls.crt"), "--tls-key", files.file("tls.key"))

	conn, err := tls.Dial("tcp", strings.TrimPrefix(h.public, "http://"), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // as above
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET /api/sse HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", h.token("alice"))
	lines := bufio.NewReader(conn)
	readTo := func(text string) {
		t.Helper()
		for line := ""; !strings.Contains(line, text); {
			if line, err = lines.ReadString('\n'); err != nil {
				t.Fatalf("no %q: %v", text, err)
			}
		}
	}
	readTo("event: connected")

	cert2, key2 := newPair(t, 2)
	files.put(cert2, key1) // not a pair
	h.waitForLog("certificates not reloaded")
	if got := serial(t, h.public); got != 1 {
		t.Errorf("after a bad pair: certificate %d", got)
	}
	files.put(cert2, key2)
	h.waitForLog("certificate reloaded")
	if got := serial(t, h.public); got != 2 {
		t.Errorf("certificate %d", got)
	}
	h.send("user/alice", "n", `"still here"`)
	readTo(`data: "still here"`)

	end, err := strconv.ParseFloat(h.metric(`hub_tls_cert_not_after_timestamp_seconds{listener="public"}`), 64)
	if left := time.Until(time.Unix(int64(end), 0)); err != nil || left < 50*time.Minute || left > time.Hour {
		t.Errorf("the certificate ends in %v, %v", left, err)
	}
}

func TestTLS_TheInternalListenerKnowsItsClients(t *testing.T) {
	certFile, keyFile, _ := selfSigned(t)
	clientCert, clientKey, _ := selfSigned(t) // signs itself, so it is its own authority
	h := startHub(t, "--internal-tls-cert", certFile, "--internal-tls-key", keyFile, "--internal-client-ca", clientCert)
	h.internal = strings.Replace(h.internal, "http", "https", 1)
	t.Setenv("HUB_API_KEY", testKey)
	common := []string{"--url", h.internal, "--internal-ca", certFile}
	shown := append([]string{"--internal-client-cert", clientCert, "--internal-client-key", clientKey}, common...)
	for _, args := range [][]string{{"healthcheck"}, {"stats"}, {"send", "all", "n", "1"}, {"drain", "--cancel"}} {
		if code, _, errs := command(t, append(args, shown...)...); code != exitOK {
			t.Errorf("%v: got %d %s", args, code, errs)
		}
		if args[0] == "send" {
			continue // repeats what fails on the way
		}
		if code, _, errs := command(t, append(args, common...)...); code != exitFailure || errs == "" {
			t.Errorf("%v without a certificate: got %d %s", args, code, errs)
		}
		if code, _, errs := command(t, append(args, "--url", h.internal, "--internal-client-cert", clientCert, "--internal-client-key", clientKey)...); code != exitFailure || !strings.Contains(errs, "certificate") {
			t.Errorf("%v without --internal-ca: got %d %s", args, code, errs)
		}
	}

	transport, err := (&internalFlags{CA: certFile, ClientCert: clientCert, ClientKey: clientKey, URL: h.internal}).transport(&program{sources: newSources(nil)})
	if err != nil {
		t.Fatal(err)
	}
	publisher, err := client.NewPublisher(h.internal, client.WithAPIKey(testKey), client.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	defer publisher.Close()
	if _, err := publisher.SendToUser(t.Context(), "alice", client.Message{Event: "n", Data: 1}); err != nil {
		t.Errorf("the Go client: %v", err)
	}
	if status := h.status(h.public + "/readyz"); status != http.StatusOK { // probes without a certificate are there
		t.Errorf("/readyz of the public listener: %d", status)
	}
}

func TestTLS_SettingsThatDoNotGoTogether(t *testing.T) {
	certFile, keyFile, _ := selfSigned(t)
	other, _, _ := selfSigned(t)
	secretFile := writeFile(t, "secret", testSecret)
	for want, args := range map[string][]string{
		"--tls-cert and --tls-key":                     {"--tls-cert", certFile},
		"--internal-tls-cert and --internal-tls-key":   {"--internal-tls-key", keyFile},
		"--internal-client-ca needs":                   {"--internal-client-ca", certFile},
		"--internal-tls-cert: tls: private key":        {"--internal-tls-cert", other, "--internal-tls-key", keyFile},
		"--internal-client-ca: " + secretFile + ": no": {"--internal-tls-cert", certFile, "--internal-tls-key", keyFile, "--internal-client-ca", secretFile},
	} {
		code, _, errs := command(t, append([]string{"config", "--check", "--jwt-secret-file", secretFile}, args...)...)
		if code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%v: got %d %q, want %q", args, code, errs, want)
		}
	}
}
