package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"example.org/hub/auth"
	"example.org/hub/sse"
)

// drain runs "hub drain".
func (h *hub) drain(args ...string) (code int, stdout, stderr string) {
	h.t.Helper()
	return command(h.t, append([]string{"drain", "--url", h.internal, "--api-key-file", h.keyFile}, args...)...)
}

// wantReconnect reads the goodbye of a drain and the end.
func (s *stream) wantReconnect() {
	s.t.Helper()
	ev := s.next()
	var bye sse.Reconnect
	if err := json.Unmarshal(ev.Data, &bye); ev.Name != sse.EventReconnect || err != nil || bye.Reason != "drain" {
		s.t.Errorf("got event %q %s, want reconnect", ev.Name, ev.Data)
	}
	s.wantEnd()
}

// status returns the status of a GET.
func (h *hub) status(url string, headers ...string) int {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Set(name, value)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestDrain_HandsOverAndTheHubLivesOn(t *testing.T) {
	h := startHub(t, "--drain-delay", "0", "--drain-window", "50ms", "--log-level", "debug")
	streams := []*stream{h.open("alice", ""), h.open("bob", "")}
	code, out, errs := h.drain("--wait")
	if code != exitOK || !strings.HasSuffix(out, "drained, 0 streams\n") {
		t.Fatalf("hub drain: %d %q %q", code, out, errs)
	}
	for _, s := range streams {
		s.wantReconnect()
	}
	if log := h.logged(); strings.Count(log, `"msg":"stream opened"`) != 2 || strings.Count(log, `"msg":"stream closed"`) != 2 || !strings.Contains(log, `"reason":"drain"`) {
		t.Error("begin and end of the streams are not in the log")
	}
	if got := h.status(h.internal + "/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", got)
	}
	if got := h.status(h.public+"/api/sse", "X-SSE-Client: test", "Authorization: Bearer "+h.token("alice")); got != http.StatusServiceUnavailable {
		t.Errorf("a new stream: %d", got)
	}
	h.send("all", "n", `1`) // messages are still taken
	if got := h.metric("hub_drain_state"); got != "2" {
		t.Errorf("hub_drain_state %s", got)
	}

	if code, out, errs := h.drain("--cancel"); code != exitOK || out != "serving, 0 streams\n" {
		t.Errorf("hub drain --cancel: %d %q %q", code, out, errs)
	}
	alice := h.open("alice", "")
	if got := h.status(h.internal + "/readyz"); got != http.StatusOK {
		t.Errorf("/readyz after the cancel: %d", got)
	}
	h.signal(syscall.SIGTERM)
	alice.wantReconnect()
	if code := h.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestDrain_NeedsTheScopeAdmin(t *testing.T) {
	keys := writeFile(t, "keys", "ops:"+testKey+":admin\nshop:a-key-of-the-shop-only:publish\n")
	h := startHub(t, "--api-key-file", keys)
	t.Setenv("HUB_API_KEY", "a-key-of-the-shop-only")
	if code, _, errs := command(t, "drain", "--url", h.internal); code != exitFailure || !strings.Contains(errs, "403") {
		t.Errorf("got %d %q", code, errs)
	}
	if got := h.status(h.internal + "/readyz"); got != http.StatusOK {
		t.Errorf("/readyz: %d", got)
	}
}

func TestDrain_SIGUSR2AndThenTheStopDoesNotWaitAgain(t *testing.T) {
	// The delay is longer than the test waits: a stop that began the drain anew
	// would not end.
	h := startHub(t, "--drain-delay", "2s", "--drain-window", "0", "--shutdown-timeout", "1h")
	alice := h.open("alice", "")
	h.signal(syscall.SIGUSR2)
	h.waitForLog(`"msg":"draining"`)
	if got := h.status(h.internal + "/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", got)
	}
	h.signal(syscall.SIGUSR2) // no other meaning than the first
	bob := h.open("bob", "")  // still served
	alice.wantReconnect()
	bob.wantReconnect()
	h.waitForLog(`"msg":"drained"`)
	h.signal(syscall.SIGTERM)
	if code := h.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	if n := strings.Count(h.logged(), `"msg":"draining"`); n != 1 {
		t.Errorf("drained %d times", n)
	}
}

// TestDrain_AStopBehindOneThatIsDoneEndsAtOnce is what a preStop hook relies on.
func TestDrain_AStopBehindOneThatIsDoneEndsAtOnce(t *testing.T) {
	file := writeFile(t, "hub.yaml", "drain-delay: 0s\ndrain-window: 50ms\nshutdown-timeout: 3h\n")
	h := startHub(t, "--config", file)
	alice := h.open("alice", "")
	if code, _, errs := h.drain("--wait"); code != exitOK {
		t.Fatalf("hub drain: %d %q", code, errs)
	}
	alice.wantReconnect()
	// A delay and window from now on that no test waits out.
	if err := os.WriteFile(file, []byte("drain-delay: 1h\ndrain-window: 1h\nshutdown-timeout: 3h\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.signal(syscall.SIGHUP)
	h.waitForLog(`"msg":"reloaded"`)
	h.exit()
}

func TestReadAPIKey_TakesOneWithTheScope(t *testing.T) {
	file := writeFile(t, "keys", "# keys\n\nshop:key-of-the-shop:publish\nnews:key-of-the-news\nwatch:key-of-the-watch:presence,ticket\nops:key-of-ops:presence,admin\n")
	for scope, want := range map[auth.Scope]string{
		auth.ScopePublish: "key-of-the-shop", auth.ScopePresence: "key-of-the-watch", auth.ScopeAdmin: "key-of-ops",
		auth.ScopeDashboard: "key-of-ops",
	} {
		if got, err := readAPIKey(file, scope); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", scope, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"a-key-alone\n": "a-key-alone", "shop:first-key\nnews:other-key:ticket\n": "first-key",
	} {
		if got, err := readAPIKey(writeFile(t, "keys", text), auth.ScopeAdmin); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	if _, err := readAPIKey(writeFile(t, "keys", "# none\n"), auth.ScopeAdmin); err == nil {
		t.Error("a file without keys passes")
	}
}

func TestDrain_CannotBeTakenBackFromAStop(t *testing.T) {
	h := startHub(t, "--drain-delay", "1h", "--shutdown-timeout", "2h")
	h.signal(syscall.SIGTERM)
	h.waitForLog(`"msg":"draining"`)
	if code, _, errs := h.drain("--cancel"); code != exitFailure || !strings.Contains(errs, "409") {
		t.Errorf("got %d %q", code, errs)
	}
	h.signal(syscall.SIGTERM)
	if code := h.exitCode(); code != exitInterrupted {
		t.Errorf("after a second signal: exit code %d", code)
	}
}

func TestDrain_WaitEndsWhenTheDrainIsCancelled(t *testing.T) {
	h := startHub(t, "--drain-delay", "1h", "--shutdown-timeout", "2h")
	type result struct {
		code int
		errs string
	}
	waited := make(chan result, 1)
	go func() {
		code, _, errs := h.drain("--wait")
		waited <- result{code, errs}
	}()
	h.waitForLog(`"msg":"drain ordered"`)
	if code, _, errs := h.drain("--cancel"); code != exitOK {
		t.Fatalf("hub drain --cancel: %d %s", code, errs)
	}
	if r := <-waited; r.code != exitFailure || !strings.Contains(r.errs, errDrainCancelled.Error()) {
		t.Errorf("got %+v", r)
	}
}
