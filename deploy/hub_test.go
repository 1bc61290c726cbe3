package deploy

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/hub/internal/hubtest"
)

const (
	testSecret = "0123456789abcdef0123456789abcdef"
	testKey    = "a-key-for-tests-only"
)

// keys are the files of secrets that hubs share.
type keys struct{ dir, secret, api string }

func newKeys(t *testing.T) keys {
	t.Helper()
	dir := t.TempDir()
	return keys{
		dir:    dir,
		secret: writeFile(t, dir, "jwt-secret", []byte(testSecret)),
		api:    writeFile(t, dir, "api-keys", []byte("tests:"+testKey+":admin\n")),
	}
}

// token mints a token with the hub itself.
func (k keys) token(t *testing.T, user string) string {
	t.Helper()
	return strings.TrimSpace(mustRun(t, hubtest.Binary(t), "token", "--user", user, "--topic", "*", "--jwt-secret-file", k.secret))
}

// hub is a hub in a process of its own.
type hub struct {
	cmd              *exec.Cmd
	public, internal string // host:port
	exited           chan struct{}

	mu  sync.Mutex
	log strings.Builder
}

// startHub starts "hub serve" and waits until it is ready.
func startHub(t *testing.T, k keys, args ...string) *hub {
	t.Helper()
	h := &hub{exited: make(chan struct{})}
	h.cmd = exec.Command(hubtest.Binary(t), append([]string{"serve", "--drain-delay=0", "--drain-window=0"}, args...)...)
	h.cmd.Env = []string{"HUB_JWT_SECRET_FILE=" + k.secret, "HUB_API_KEY_FILE=" + k.api}
	stderr, err := h.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	go h.follow(stderr, ready)
	t.Cleanup(func() {
		_ = h.cmd.Process.Kill()
		<-h.exited
		if t.Failed() {
			t.Logf("log of %s:\n%s", h.public, h.logged())
		}
	})
	select {
	case <-ready:
	case <-h.exited:
		t.Fatalf("the hub ended:\n%s", h.logged())
	case <-time.After(patience):
		t.Fatal("the hub is not ready")
	}
	return h
}

// follow keeps the log and takes from it what the hub listens on.
func (h *hub) follow(log io.Reader, ready chan<- struct{}) {
	defer close(h.exited)
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct{ Msg, Listener, Addr string }
		_ = json.Unmarshal(lines.Bytes(), &line)
		h.mu.Lock()
		h.log.WriteString(lines.Text() + "\n")
		switch line.Listener {
		case "public":
			h.public = line.Addr
		case "internal":
			h.internal = line.Addr
		}
		h.mu.Unlock()
		if line.Msg == "ready" {
			close(ready)
		}
	}
	_ = h.cmd.Wait()
}

func (h *hub) logged() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

// ask sends a request to the internal listener and returns the answer's body.
func (h *hub) ask(t *testing.T, method, path, body string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+h.internal+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", testKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode > 299 {
		t.Fatalf("%s %s: status %d, %v: %s", method, path, resp.StatusCode, err, text)
	}
	return string(text)
}

// startLonely starts a hub that needs nothing else, on free ports.
func startLonely(t *testing.T, args ...string) *hub {
	t.Helper()
	return startHub(t, newKeys(t), append(args, "--listen=127.0.0.1:0", "--internal-listen=127.0.0.1:0")...)
}

// sample returns a file of this directory with some of its text replaced.
func sample(t *testing.T, name string, replace ...string) []byte {
	t.Helper()
	text := readFile(t, filepath.FromSlash(name))
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%s has no %q any more", name, replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return []byte(text)
}
