package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	testSecret = "0123456789abcdef0123456789abcdef"
	testKey    = "a-key-for-tests-only"
	patience   = 60 * time.Second // for what must happen; nothing waits it out
)

// command runs the program in this process.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// writeFile writes a file of the test's own and returns its path.
func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hub is a hub in a process of its own.
type hub struct {
	t                *testing.T
	cmd              *exec.Cmd
	public, internal string // URLs
	health           string // of the listener for probes, "" without one
	secretFile       string
	keyFile          string
	ready, exited    chan struct{}

	mu     sync.Mutex
	stdout bytes.Buffer
	log    bytes.Buffer
}

// startHub starts "hub serve" with keys of the test's own.
func startHub(t *testing.T, args ...string) *hub {
	t.Helper()
	secretFile, keyFile := writeFile(t, "secret", testSecret), writeFile(t, "keys", "tests:"+testKey+":admin\n")
	h := startHubWith(t, args, []string{"HUB_JWT_SECRET_FILE=" + secretFile, "HUB_API_KEY_FILE=" + keyFile, "HOME=" + t.TempDir()})
	h.secretFile, h.keyFile = secretFile, keyFile
	return h
}

// startHubWith starts "hub serve" on free ports and waits until it is ready.
func startHubWith(t *testing.T, args, environ []string) *hub {
	t.Helper()
	h := launchHub(t, args, environ)
	select {
	case <-h.ready:
	case <-h.exited:
		t.Fatalf("the hub ended: %v", h.cmd.ProcessState)
	case <-time.After(patience):
		t.Fatal("the hub is not ready")
	}
	return h
}

// launchHub starts "hub serve" on free ports, and does not wait.
func launchHub(t *testing.T, args, environ []string) *hub {
	t.Helper()
	return launch(t, exec.Command(os.Args[0], append([]string{"serve", "--listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"}, args...)...), nil, environ)
}

// launch starts what becomes a hub, with the files as descriptors from 3 on.
func launch(t *testing.T, cmd *exec.Cmd, files []*os.File, environ []string) *hub {
	t.Helper()
	h := &hub{t: t, cmd: cmd, exited: make(chan struct{}), ready: make(chan struct{})}
	h.cmd.ExtraFiles = files
	h.cmd.Env = append([]string{beHub + "=1"}, environ...)
	h.cmd.Stdout = writerFunc(func(p []byte) (int, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.stdout.Write(p)
	})
	stderr, err := h.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go h.readLog(bufio.NewScanner(stderr))
	t.Cleanup(func() {
		_ = h.cmd.Process.Kill()
		<-h.exited
		if t.Failed() {
			t.Logf("log of the hub:\n%s", h.logged())
		}
	})
	return h
}

// readLog keeps the log and takes from it what the hub listens on.
func (h *hub) readLog(lines *bufio.Scanner) {
	defer close(h.exited)
	for lines.Scan() {
		var line struct{ Msg, Listener, Addr string }
		_ = json.Unmarshal(lines.Bytes(), &line)
		h.mu.Lock()
		h.log.WriteString(lines.Text() + "\n")
		switch line.Msg + " " + line.Listener {
		case "listening public":
			h.public = "http://" + line.Addr
		case "listening internal":
			h.internal = "http://" + line.Addr
		case "listening health":
			h.health = "http://" + line.Addr
		}
		h.mu.Unlock()
		if line.Msg == "ready" {
			close(h.ready)
		}
	}
	_ = h.cmd.Wait()
}

func (h *hub) logged() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

func (h *hub) printed() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stdout.String()
}

// waitForLog waits until the log has a text.
func (h *hub) waitForLog(text string) { h.waitFor(text, h.logged) }

// waitForOutput waits until stdout has a text.
func (h *hub) waitForOutput(text string) { h.waitFor(text, h.printed) }

func (h *hub) waitFor(text string, written func() string) {
	h.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(written(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("no %q in:\n%s", text, written())
		}
	}
}

// exit stops the hub in good order.
func (h *hub) exit() {
	h.t.Helper()
	h.signal(syscall.SIGTERM)
	if code := h.exitCode(); code != exitOK {
		h.t.Errorf("exit code %d", code)
	}
}

func (h *hub) signal(sig syscall.Signal) {
	h.t.Helper()
	if err := h.cmd.Process.Signal(sig); err != nil {
		h.t.Fatal(err)
	}
}

// exitCode waits for the end of the process.
func (h *hub) exitCode() int {
	h.t.Helper()
	select {
	case <-h.exited:
		return h.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		h.t.Fatal("the hub does not end")
		return -1
	}
}

// token returns a token for a user who may read every topic.
func (h *hub) token(user string) string {
	h.t.Helper()
	code, out, errs := command(h.t, "token", "--user", user, "--topic", "*", "--jwt-secret-file", h.secretFile)
	if code != exitOK {
		h.t.Fatalf("hub token: %d %s", code, errs)
	}
	return strings.TrimSpace(out)
}

// send posts a message and returns its id.
func (h *hub) send(to, event, data string) string {
	h.t.Helper()
	code, out, errs := command(h.t, "send", to, event, data, "--url", h.internal, "--api-key-file", h.keyFile)
	var answer struct{ ID string }
	if err := json.Unmarshal([]byte(out), &answer); code != exitOK || err != nil {
		h.t.Fatalf("hub send: %d %q %s %v", code, out, errs, err)
	}
	return answer.ID
}

// metric returns the value of a metric.
func (h *hub) metric(name string) string {
	h.t.Helper()
	resp, err := http.Get(h.internal + "/metrics")
	if err != nil {
		h.t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return value
		}
	}
	h.t.Fatalf("no metric %s", name)
	return ""
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
