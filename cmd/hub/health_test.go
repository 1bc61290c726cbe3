package main

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// wantProbes asks the listener for probes.
func (h *hub) wantProbes(live, ready, started int) {
	h.t.Helper()
	for path, want := range map[string]int{"/livez": live, "/readyz": ready, "/startupz": started} {
		if got := h.status(h.health + path); got != want {
			h.t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestHealthListen_IsThereBeforeTheLog(t *testing.T) {
	h := launchHub(t, []string{"--health-listen", "127.0.0.1:0", "--engine", "nats://127.0.0.1:1"},
		[]string{"HUB_JWT_SECRET_FILE=" + writeFile(t, "secret", testSecret)})
	h.waitForLog(`"listener":"health"`)
	h.wantProbes(http.StatusOK, http.StatusServiceUnavailable, http.StatusServiceUnavailable)
	if h.public != "" || h.internal != "" {
		t.Error("a hub without a log serves")
	}
	h.signal(syscall.SIGTERM)
	if code := h.exitCode(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
}

func TestHealthListen_ServesProbesAlone(t *testing.T) {
	h := startHub(t, "--health-listen", "127.0.0.1:0")
	h.wantProbes(http.StatusOK, http.StatusOK, http.StatusOK)
	for _, path := range []string{"/metrics", "/api/stats", "/api/sse", "/openapi.yaml", "/"} {
		if got := h.status(h.health+path, "X-API-Key: "+testKey); got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
	// It is what "hub healthcheck" asks; the internal address is nowhere here.
	t.Setenv("HUB_INTERNAL_LISTEN", "127.0.0.1:1")
	t.Setenv("HUB_HEALTH_LISTEN", strings.TrimPrefix(h.health, "http://"))
	if code, out, errs := command(t, "healthcheck"); code != exitOK || out != "ready\n" {
		t.Errorf("healthcheck: %d %q %q", code, out, errs)
	}
	if code, _, _ := command(t, "healthcheck", "--url", "http://127.0.0.1:1"); code != exitFailure {
		t.Errorf("healthcheck of another address: %d", code)
	}
	h.exit()
}

func TestHealthListen_AnswersUntilTheEnd(t *testing.T) {
	h := startHub(t, "--health-listen", "127.0.0.1:0", "--drain-delay", "0", "--drain-window", "0")
	body := `{"to":"all","event":"n","data":1}`
	conn := h.beginPost(body[:10], len(body)) // which the end waits for
	h.signal(syscall.SIGTERM)
	h.waitForLog(`"msg":"drained"`)
	h.waitFor("not ready: ending", func() string {
		_, text, _ := (&internalFlags{URL: h.health}).get(&program{ctx: t.Context(), sources: newSources(nil)}, "/readyz", "")
		return string(text)
	})
	h.wantProbes(http.StatusOK, http.StatusServiceUnavailable, http.StatusOK)
	fmt.Fprint(conn, body[10:])
	if code := h.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestHealthListen_AddressMakesSense(t *testing.T) {
	secret := writeFile(t, "secret", testSecret)
	if code, _, errs := command(t, "serve", "--health-listen", "8082", "--jwt-secret-file", secret); code != exitUsage || !strings.Contains(errs, "--health-listen") {
		t.Errorf("got %d %q", code, errs)
	}
}
