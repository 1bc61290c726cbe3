package transport

import (
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socketOption is one integer option; a value of 0 is not set.
type socketOption struct {
	name       string
	level, opt int
	value      int
}

func (c *ListenConfig) options() []socketOption {
	opts := []socketOption{
		{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{"SO_SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, c.SendBuffer},
		{"TCP_NOTSENT_LOWAT", unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, c.NotSentLowat},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(c.UserTimeout.Milliseconds())},
		{"TCP_DEFER_ACCEPT", unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, seconds(c.DeferAccept)},
	}
	if k := c.KeepAlive; k.Enable {
		opts = append(opts,
			socketOption{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			socketOption{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds(k.Idle)},
			socketOption{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, seconds(k.Interval)},
			socketOption{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, k.Count})
	}
	return opts
}

// setOptions has the options set between socket(2) and bind(2). Go's own
// keep-alive is off: it is four system calls for each accepted connection.
func setOptions(lc *net.ListenConfig, cfg *ListenConfig) {
	lc.KeepAlive = -1
	lc.Control = func(network, _ string, conn syscall.RawConn) error {
		if network == "unix" { // whose connections inherit nothing: see socketListener
			return nil
		}
		return cfg.applyTo(conn)
	}
}

// adoptOptions sets the options of a listener that is open already.
func adoptOptions(ln net.Listener, cfg *ListenConfig) error {
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return nil
	}
	conn, err := tcp.SyscallConn()
	if err != nil {
		return fmt.Errorf("reach listener: %w", err)
	}
	return cfg.applyTo(conn)
}

func (c *ListenConfig) applyTo(conn syscall.RawConn) error {
	var err error
	if cerr := conn.Control(func(fd uintptr) { err = c.apply(int(fd)) }); cerr != nil {
		return cerr //nolint:wrapcheck // says what it is
	}
	return err
}

func (c *ListenConfig) apply(fd int) error {
	for _, o := range c.options() {
		if o.value == 0 {
			continue
		}
		if err := unix.SetsockoptInt(fd, o.level, o.opt, o.value); err != nil {
			return fmt.Errorf("set %s to %d: %w", o.name, o.value, err)
		}
	}
	return nil
}

// seconds rounds up, so that a small duration is not taken for "not set".
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
