package transport

import (
	"context"
	"fmt"
	"net"
	"time"
)

// ListenConfig are the socket options of a listener. On Linux they are set on
// the listening socket, and accepted ones inherit them without a system call of
// their own. Other systems take KeepAlive only. Zero leaves the system's value.
type ListenConfig struct {
	// SendBuffer is SO_SNDBUF in bytes, which the kernel doubles for its own
	// book-keeping. It bounds what a client that does not read can pin: with
	// 16 KiB about 38 KiB of kernel memory, with the system's self-tuning 4 MiB.
	// A burst larger than this waits in the hub, where it is counted against
	// the connection's queue.
	SendBuffer int

	// NotSentLowat is TCP_NOTSENT_LOWAT: a socket counts as full when it holds
	// so many bytes that were not even sent once.
	NotSentLowat int

	// UserTimeout is TCP_USER_TIMEOUT, in whole milliseconds: how long sent
	// bytes, heartbeats among them, may stay unacknowledged before the
	// connection fails.
	UserTimeout time.Duration

	// DeferAccept is TCP_DEFER_ACCEPT, in whole seconds: the connection is
	// handed over with its first bytes, or after so long. It makes accepting
	// cheaper, and confuses clients that open connections in advance.
	DeferAccept time.Duration

	// KeepAlive are the kernel's probes of idle connections.
	KeepAlive net.KeepAliveConfig
}

// DefaultListenConfig returns the options for streams with a heartbeat of 15 s.
func DefaultListenConfig() ListenConfig {
	return ListenConfig{
		SendBuffer:   16 << 10,
		NotSentLowat: 16 << 10,
		UserTimeout:  30 * time.Second,
		KeepAlive: net.KeepAliveConfig{
			Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4,
		},
	}
}

// Listen announces on a TCP address like ":8080", or on a Unix socket, see UnixPrefix,
// for which of the options SendBuffer counts. The backlog is the system's limit
// (net.core.somaxconn). For TLS, wrap the listener by tls.NewListener.
func Listen(addr string, cfg ListenConfig) (net.Listener, error) {
	var lc net.ListenConfig
	// Go listens with MPTCP where the kernel has it, which gives options and
	// memory another meaning, and streams nothing.
	lc.SetMultipathTCP(false)
	setOptions(&lc, &cfg)
	var ln net.Listener
	kind, address := network(addr)
	var err error
	if kind == "unix" {
		ln, err = listenUnix(&lc, address)
	} else {
		ln, err = lc.Listen(context.Background(), kind, address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	owned := ""
	if kind == "unix" {
		owned = address
	}
	if ln, err = acceptSockets(ln, &cfg, owned); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return ln, nil
}

// Adopt takes over a listener that another process has opened, and sets the options.
// The file of a Unix socket stays that process's.
func Adopt(ln net.Listener, cfg ListenConfig) (net.Listener, error) {
	if err := adoptOptions(ln, &cfg); err != nil {
		return nil, fmt.Errorf("adopt listener %s: %w", ln.Addr(), err)
	}
	adopted, err := acceptSockets(ln, &cfg, "")
	if err != nil {
		return nil, fmt.Errorf("adopt listener %s: %w", ln.Addr(), err)
	}
	return adopted, nil
}
