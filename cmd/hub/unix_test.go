//go:build unix

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// launchScript starts the hub by a shell, with the files as descriptors from 3 on.
func launchScript(t *testing.T, script string, files []*os.File, args, environ []string) *hub {
	t.Helper()
	return launch(t, exec.Command("/bin/sh", append([]string{"-c", script, os.Args[0], "serve"}, args...)...), files, environ)
}

// asSystemd says what systemd does, which knows the process's id before it begins.
const asSystemd = `LISTEN_PID=$$ exec "$0" "$@"`

func tcpFile(t *testing.T, addr string) (file *os.File, bound string) {
	t.Helper()
	var cfg net.ListenConfig
	cfg.SetMultipathTCP(false) // as systemd's are
	ln, err := cfg.Listen(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	file, err = ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file, ln.Addr().String()
}

func TestServe_OnUnixSockets(t *testing.T) {
	dir := t.TempDir()
	public, internal, health := filepath.Join(dir, "public"), filepath.Join(dir, "internal"), filepath.Join(dir, "health")
	h := startHub(t, "--listen", "unix:"+public, "--internal-listen", "unix:"+internal, "--health-listen", "unix:"+health,
		"--trusted-proxy", "unix", "--drain-delay", "0", "--drain-window", "0")
	alice := h.openBy(&http.Transport{DisableKeepAlives: true, Dial: func(string, string) (net.Conn, error) { //nolint:staticcheck // no context is needed
		return net.Dial("unix", public)
	}}, "http://localhost", "alice", "")
	h.internal = "unix:" + internal
	h.send("user/alice", "n", "1")
	alice.want("n", "1")
	t.Setenv("HUB_HEALTH_LISTEN", "unix:"+health)
	t.Setenv("HUB_INTERNAL_LISTEN", "unix:"+internal)
	for _, args := range [][]string{{"healthcheck"}, {"stats", "--api-key-file", h.keyFile}} {
		if code, _, errs := command(t, args...); code != exitOK {
			t.Errorf("%v: %d %s", args, code, errs)
		}
	}
	h.signal(syscall.SIGTERM)
	alice.wantReconnect()
	if code := h.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestServe_TakesSocketsOfSystemd(t *testing.T) {
	public, publicAddr := tcpFile(t, "127.0.0.1:0")
	internal, internalAddr := tcpFile(t, "127.0.0.1:0")
	secret, keys := writeFile(t, "secret", testSecret), writeFile(t, "keys", "tests:"+testKey+":admin\n")
	h := launchScript(t, asSystemd, []*os.File{internal, public}, nil, []string{
		"HUB_JWT_SECRET_FILE=" + secret, "HUB_API_KEY_FILE=" + keys, "LISTEN_FDS=2", "LISTEN_FDNAMES=internal:public",
	})
	h.secretFile, h.keyFile = secret, keys
	h.waitForLog(`"msg":"ready"`)
	if h.public != "http://"+publicAddr || h.internal != "http://"+internalAddr {
		t.Errorf("it listens on %s and %s, want %s and %s", h.public, h.internal, publicAddr, internalAddr)
	}
	alice := h.open("alice", "")
	h.send("user/alice", "n", "1")
	alice.want("n", "1")
}

func TestServe_RefusesSocketsThatItDoesNotKnow(t *testing.T) {
	file, _ := tcpFile(t, "127.0.0.1:0")
	for names, files := range map[string][]*os.File{"hub.socket": {file}, "public:public": {file, file}} {
		h := launchScript(t, asSystemd, files, nil, []string{
			"HUB_JWT_SECRET_FILE=" + writeFile(t, "secret", testSecret),
			fmt.Sprintf("LISTEN_FDS=%d", len(files)), "LISTEN_FDNAMES=" + names,
		})
		name, _, _ := strings.Cut(names, ":")
		if code := h.exitCode(); code != exitUsage || !strings.Contains(h.logged(), name) {
			t.Errorf("%s: exit code %d: %s", names, code, h.logged())
		}
	}
}
