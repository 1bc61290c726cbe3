package transport

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/hub/actors"
)

func TestListenUnix_ReplacesOnlyWhatIsAbandoned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.sock")
	ln, err := Listen(UnixPrefix+path, ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(UnixPrefix+path, ListenConfig{}); err == nil || !strings.Contains(err.Error(), "listen on unix:") {
		t.Errorf("a socket that is served: %v", err)
	}
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}

	killed, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	killed.SetUnlinkOnClose(false)
	killed.Close()
	if ln, err = Listen(UnixPrefix+path, ListenConfig{}); err != nil {
		t.Errorf("an abandoned socket: %v", err)
	} else {
		ln.Close()
	}

	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(UnixPrefix+path, ListenConfig{}); err == nil {
		t.Error("a file that is no socket was replaced")
	}
}

// serveUnix serves the public listener of a hub on a Unix socket as well, until it
// shuts down.
func (h *testHub) serveUnix(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "public.sock")
	ln, err := Listen(UnixPrefix+path, DefaultListenConfig())
	h.check(err)
	go func() { _ = h.ServePublic(ln) }()
	return path
}

func TestListenUnix_TrustsPeersOnlyIfTold(t *testing.T) {
	for _, tt := range []struct {
		trust  bool
		remote string
	}{{true, "1.2.3.4"}, {false, ""}} {
		h := newTestHub(t, func(o *options) {
			o.TrustUnixPeers = tt.trust
			o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		})
		conn, err := net.Dial("unix", h.serveUnix(t))
		h.check(err)
		defer conn.Close()
		h.openOn(conn, request("GET", "/api/sse", "", h.bearer("alice"), "X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.7")).until("connected")
		var user actors.UserInfo
		h.check(json.Unmarshal([]byte(h.ask("GET", "/api/users/alice", "", apiKeyHeader(presenceKey)).body), &user))
		if c := user.Connections[0]; c.Remote != tt.remote {
			t.Errorf("trusted %v: the address is %q", tt.trust, c.Remote)
		}
	}
}
