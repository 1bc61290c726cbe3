package transport

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// UnixPrefix begins the address of a Unix socket: "unix:/run/hub/public.sock".
const UnixPrefix = "unix:"

// listenUnix announces on a Unix socket. One that nobody serves any more, because its
// process was killed, is replaced. Who may connect is for the directory and the
// umask to say.
func listenUnix(lc *net.ListenConfig, path string) (net.Listener, error) {
	ln, err := lc.Listen(context.Background(), "unix", path)
	if errors.Is(err, syscall.EADDRINUSE) && abandoned(path) && os.Remove(path) == nil {
		ln, err = lc.Listen(context.Background(), "unix", path)
	}
	return ln, err //nolint:wrapcheck // Listen wraps it
}

// abandoned reports whether there is a socket without anybody who serves it.
func abandoned(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return false
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// isUnix reports whether a peer is a process of this machine, which has no address.
func isUnix(peer net.Addr) bool {
	_, ok := peer.(*net.UnixAddr)
	return ok
}

// network splits the address of a listener into what package net calls it.
func network(addr string) (kind, address string) {
	if path, ok := strings.CutPrefix(addr, UnixPrefix); ok {
		return "unix", path
	}
	return "tcp", addr
}
