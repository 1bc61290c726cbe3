package transport

import (
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// take returns a descriptor of the socket that is the caller's from now on. It is the
// socket's own if nothing has waited on it, and else a second one, which shares the
// first one's O_NONBLOCK and lives on when that one, and with it the registration
// in Go's netpoller, is closed.
func (c *socket) take() (fd int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		if c.fd < 0 {
			return -1, net.ErrClosed
		}
		fd, c.fd = int(c.fd), -1
		return fd, nil
	}
	cerr := c.raw.Control(func(orig uintptr) {
		fd, err = unix.FcntlInt(orig, unix.F_DUPFD_CLOEXEC, 0)
	})
	if cerr != nil {
		return -1, fmt.Errorf("reach socket: %w", cerr)
	}
	if err != nil {
		return -1, fmt.Errorf("duplicate descriptor: %w", err)
	}
	return fd, nil
}

// Close implements net.Conn. After take it closes nothing of the caller's.
func (c *socket) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Swap(true) {
		return c.failed("close", net.ErrClosed)
	}
	switch {
	case c.file != nil:
		_ = c.file.Close()
	case c.fd >= 0:
		_ = unix.Close(int(c.fd)) // Linux frees the number whatever it returns
		c.fd = -1
	}
	return nil
}

// CloseWrite sends a FIN after what was written.
func (c *socket) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	switch {
	case c.file != nil:
		if cerr := c.raw.Control(func(fd uintptr) { err = unix.Shutdown(int(fd), unix.SHUT_WR) }); cerr != nil {
			err = cerr
		}
	case c.fd < 0:
		err = net.ErrClosed
	default:
		err = unix.Shutdown(int(c.fd), unix.SHUT_WR)
	}
	if err != nil {
		return c.failed("close", err)
	}
	return nil
}

// LocalAddr returns the listener's address: nobody asks for more.
func (c *socket) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *socket) RemoteAddr() net.Addr { return c.remote }

// SetReadDeadline implements net.Conn.
func (c *socket) SetReadDeadline(t time.Time) error { return c.setDeadline(&c.readBy, t) }

// SetWriteDeadline implements net.Conn.
func (c *socket) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.writeBy, t) }

// SetDeadline implements net.Conn.
func (c *socket) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// setDeadline keeps a deadline, or tells the netpoller if that knows the socket.
func (c *socket) setDeadline(by *time.Time, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		if c.fd < 0 {
			return c.failed("set", net.ErrClosed)
		}
		*by = t
		return nil
	}
	set := (*os.File).SetReadDeadline
	if by == &c.writeBy {
		set = (*os.File).SetWriteDeadline
	}
	if err := set(c.file, t); err != nil {
		return c.failed("set", err)
	}
	return nil
}
