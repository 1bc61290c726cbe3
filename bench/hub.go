package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// errNotReady is returned for a hub that ended, or took too long, before it was ready.
var errNotReady = errors.New("the hub did not become ready")

// startHub starts a hub with keys of its own on free ports. Its settings are the
// defaults of the binary but for the log, which would count per connection.
func startHub(ctx context.Context, path string, flags []string, u *users) (_ *server, err error) {
	s := &server{name: targetHub, apiKey: u.apiKey, metrics: true}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if s.files, err = writeKeys(u); err != nil {
		return nil, err
	}
	if s.public, err = freeAddress(); err != nil {
		return nil, err
	}
	if s.internal, err = freeAddress(); err != nil {
		return nil, err
	}
	args := append([]string{
		"serve",
		"--listen=" + s.public.String(), "--internal-listen=" + s.internal.String(),
		"--jwt-secret-file=" + filepath.Join(s.files, secretFile),
		"--api-key-file=" + filepath.Join(s.files, apiKeyFile),
		"--log-level=warn", "--pprof",
	}, flags...)
	if s.child, err = spawnChild(path, args, os.Environ()); err != nil {
		return nil, fmt.Errorf("start the hub: %w", err)
	}
	s.pid = s.child.pid()
	ready := false
	if err = waitFor(ctx, startTimeout, func() bool {
		ready = s.ready(ctx)
		return ready || s.child.ended()
	}); err != nil {
		return nil, err
	}
	if !ready {
		return nil, errNotReady
	}
	return s, nil
}

const (
	secretFile = "jwt-secret"
	apiKeyFile = "api-keys"
)

// writeKeys puts the keys into a new directory that only we can read.
func writeKeys(u *users) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "bench-"); err != nil {
		return "", fmt.Errorf("write keys: %w", err)
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, secretFile), u.secret, 0o600),
		os.WriteFile(filepath.Join(dir, apiKeyFile), []byte("bench:"+u.apiKey+":publish,presence,admin\n"), 0o600),
	)
	if err != nil {
		removeFiles(dir)
		return "", fmt.Errorf("write keys: %w", err)
	}
	return dir, nil
}

func removeFiles(dir string) {
	if dir != "" {
		_ = os.RemoveAll(dir) // a temporary directory: nothing depends on it
	}
}

// freeAddress finds a loopback port that nobody listens on. Another process may
// take it before the hub does; the hub then fails to start.
func freeAddress() (netip.AddrPort, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("find a free port: %w", err)
	}
	defer ln.Close()
	return netip.ParseAddrPort(ln.Addr().String())
}

// ready asks the target once whether it is ready.
func (s *server) ready(ctx context.Context) bool {
	_, err := s.get(ctx, "/readyz", time.Second)
	return err == nil
}

// httpClient keeps no connections: its requests are few, and an idle connection
// would be one more thing that the server holds.
var httpClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
