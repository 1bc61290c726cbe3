package main

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// rewrite replaces what is in a file.
func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// reload sends SIGHUP and waits until the log has one more of a line.
func (h *hub) reload(line string) {
	h.t.Helper()
	before := strings.Count(h.logged(), line)
	h.signal(syscall.SIGHUP)
	h.waitFor(strings.Repeat("x", before+1), func() string { return strings.Repeat("x", strings.Count(h.logged(), line)) })
}

func TestReload_KeysOriginsLimitsAndLevel(t *testing.T) {
	config := writeFile(t, "hub.yaml", "cors-origin: [https://old.example]\n")
	h := startHub(t, "--config", config, "--drain-delay", "0", "--drain-window", "0")
	alice := h.open("alice", "")
	from := func(origin string) int {
		return h.status(h.public+"/readyz", "Origin: "+origin)
	}
	oldToken := h.token("alice")
	rewrite(t, config, "cors-origin: [https://new.example]\nmax-connections: 1\nlog-level: debug\nheartbeat: 20s\nmax-data: 1KiB\n")
	rewrite(t, h.secretFile, "another secret of thirty-two bytes or more")
	rewrite(t, h.keyFile, "tests:another-key-for-tests:admin\n")
	h.reload(`"msg":"reloaded"`)

	h.waitForLog(`"settings":["heartbeat","max-data"]`)
	if got := from("https://old.example"); got != http.StatusForbidden {
		t.Errorf("the old origin: %d", got)
	}
	if got := from("https://new.example"); got == http.StatusForbidden {
		t.Errorf("the new origin: %d", got)
	}
	if got := h.status(h.internal+"/api/stats", "X-API-Key: "+testKey); got != http.StatusUnauthorized {
		t.Errorf("the old key: %d", got)
	}
	h.send("user/alice", "n", `1`) // by the new one
	alice.want("n", `1`)           // on the stream that was open before
	if got := h.status(h.public+"/api/sse", "X-SSE-Client: x", "Authorization: Bearer "+h.token("bob")); got != http.StatusServiceUnavailable {
		t.Errorf("beyond the new limit: %d", got)
	}
	rewrite(t, config, "cors-origin: [https://new.example]\n")
	h.reload(`"msg":"reloaded"`)
	if got := h.status(h.public+"/api/sse", "Authorization: Bearer "+oldToken); got != http.StatusUnauthorized {
		t.Errorf("a token of the old secret: %d", got)
	}
	h.open("bob", "")
	h.exit()
	if strings.Contains(h.logged(), "another-key") || strings.Contains(h.logged(), "another secret") {
		t.Error("there are keys in the log")
	}
}

func TestReload_AFaultChangesNothing(t *testing.T) {
	config := writeFile(t, "hub.yaml", "cors-origin: [https://old.example]\n")
	h := startHub(t, "--config", config)
	good := "cors-origin: [https://new.example]\n"
	for name, tt := range map[string]struct{ config, secret, keys, why string }{
		"unknown key":    {good + "no-such: 1\n", testSecret, "tests:" + testKey + ":admin", "unknown key"},
		"bad value":      {good + "heartbeat: soon\n", testSecret, "tests:" + testKey + ":admin", "--heartbeat"},
		"senseless":      {good + "drain-window: 1h\n", testSecret, "tests:" + testKey + ":admin", "--shutdown-timeout"},
		"short secret":   {good, "short", "tests:" + testKey + ":admin", "at least 32 bytes"},
		"bad key file":   {good, testSecret, "nothing", "bad API key file"},
		"no certificate": {good + "tls-cert: /none\ntls-key: /none\n", testSecret, "tests:" + testKey + ":admin", "--tls-cert"},
	} {
		rewrite(t, config, tt.config)
		rewrite(t, h.secretFile, tt.secret)
		rewrite(t, h.keyFile, tt.keys)
		h.reload(`"msg":"reload failed, nothing has changed"`)
		if !strings.Contains(h.logged(), tt.why) {
			t.Errorf("%s: no %q in the log", name, tt.why)
		}
		if got := h.status(h.public+"/readyz", "Origin: https://old.example"); got != http.StatusOK {
			t.Errorf("%s: the old origin: %d", name, got)
		}
		if got := h.status(h.internal+"/api/stats", "X-API-Key: "+testKey); got != http.StatusOK {
			t.Errorf("%s: the old key: %d", name, got)
		}
		if got := h.metric("hub_config_last_reload_successful"); got != "0" {
			t.Errorf("%s: hub_config_last_reload_successful %s", name, got)
		}
	}
	rewrite(t, config, good)
	rewrite(t, h.secretFile, testSecret)
	rewrite(t, h.keyFile, "tests:"+testKey+":admin")
	h.reload(`"msg":"reloaded"`)
	if got := h.metric("hub_config_last_reload_successful"); got != "1" {
		t.Errorf("mended: hub_config_last_reload_successful %s", got)
	}
}

func TestReload_SIGHUPReloadsCertificates(t *testing.T) {
	certFile, keyFile, _ := selfSigned(t)
	h := startHub(t, "--tls-cert", certFile, "--tls-key", keyFile)
	cert, key := newPair(t, 7)
	rewrite(t, keyFile, string(key))
	h.reload(`"msg":"reload failed, nothing has changed"`)
	if got := serial(t, h.public); got != 1 {
		t.Errorf("after half a change: certificate %d", got)
	}
	rewrite(t, certFile, string(cert))
	h.reload(`"msg":"reloaded"`)
	if got := serial(t, h.public); got != 7 {
		t.Errorf("certificate %d", got)
	}
}

func TestServe_MaxConnectionAgeEndsStreams(t *testing.T) {
	h := startHub(t, "--max-connection-age", "1s")
	alice := h.open("alice", "")
	if ev := alice.next(); ev.Name != "reconnect" || !strings.Contains(string(ev.Data), `"reason":"max_age"`) {
		t.Errorf("got event %q %s", ev.Name, ev.Data)
	}
	alice.wantEnd()
}
