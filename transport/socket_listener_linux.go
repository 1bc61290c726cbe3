package transport

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// socketListener accepts sockets: by one system call each, where the net package
// makes four, since the options are the listener's and the address comes along.
type socketListener struct {
	file *os.File
	raw  syscall.RawConn
	addr net.Addr

	// Of a Unix socket.
	path       string // to be removed in the end, "" for none
	sendBuffer int    // which is set on each connection: there it is not inherited
}

// acceptSockets takes over a listener. It is closed: one that is merely not used
// would be woken for each connection.
func acceptSockets(ln net.Listener, cfg *ListenConfig, path string) (net.Listener, error) {
	l := &socketListener{addr: ln.Addr()}
	switch ln := ln.(type) {
	case *net.TCPListener:
	case *net.UnixListener:
		ln.SetUnlinkOnClose(false)
		l.path, l.sendBuffer = path, cfg.SendBuffer
	default:
		return ln, nil
	}
	defer ln.Close() // the file has a descriptor of its own
	file, err := ln.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		return nil, fmt.Errorf("reach listener: %w", err)
	}
	raw, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("reach listener: %w", err)
	}
	l.file, l.raw = file, raw
	return l, nil
}

// Accept implements net.Listener.
func (l *socketListener) Accept() (net.Conn, error) {
	var fd int
	var from syscall.Sockaddr
	var err error
	closed := l.raw.Read(func(ln uintptr) (done bool) {
		for {
			// Package unix would ask for the protocol besides.
			fd, from, err = syscall.Accept4(int(ln), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			switch {
			case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED): // the client left the backlog
			default:
				return !errors.Is(err, unix.EAGAIN)
			}
		}
	})
	if closed != nil {
		return nil, &net.OpError{Op: "accept", Net: l.addr.Network(), Addr: l.addr, Err: net.ErrClosed}
	}
	if err != nil {
		return nil, &net.OpError{Op: "accept", Net: l.addr.Network(), Addr: l.addr, Err: os.NewSyscallError("accept4", err)}
	}
	if l.sendBuffer > 0 {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, l.sendBuffer) // else it is the system's
	}
	return &socket{fd: int32(fd), local: l.addr, remote: peerOf(from)}, nil
}

// Close implements net.Listener.
func (l *socketListener) Close() error {
	if err := l.file.Close(); err != nil {
		return &net.OpError{Op: "close", Net: l.addr.Network(), Addr: l.addr, Err: net.ErrClosed}
	}
	if l.path != "" {
		_ = os.Remove(l.path)
	}
	return nil
}

// Addr implements net.Listener.
func (l *socketListener) Addr() net.Addr { return l.addr }

func peerOf(sa syscall.Sockaddr) net.Addr {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return &net.TCPAddr{IP: sa.Addr[:], Port: sa.Port}
	case *syscall.SockaddrInet6:
		addr := &net.TCPAddr{IP: sa.Addr[:], Port: sa.Port}
		if sa.ZoneId != 0 {
			addr.Zone = strconv.Itoa(int(sa.ZoneId))
		}
		return addr
	case *syscall.SockaddrUnix:
		return &net.UnixAddr{Name: sa.Name, Net: "unix"}
	}
	return &net.TCPAddr{}
}
