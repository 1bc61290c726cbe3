package main

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"time"
)

const (
	slowBuffer = 8 << 10 // SO_RCVBUF of a slow reader; the kernel doubles it
	slowStart  = 4 << 10 // what it reads at once: the head of the response and the first events
)

// slowClient returns a client whose connections read so many bytes a second. Each
// stream has one of its own, so that the hub's queue for it fills as a bad
// network's would.
func slowClient(rate int) *http.Client {
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		if cerr := raw.Control(func(fd uintptr) { err = setReceiveBuffer(fd, slowBuffer) }); cerr != nil {
			return cerr
		}
		return err
	}}
	return &http.Client{Transport: &http.Transport{
		DisableCompression: true, DisableKeepAlives: true, ReadBufferSize: max(rate, 512),
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err //nolint:wrapcheck // the HTTP client says which call it was
			}
			return &slowConn{Conn: conn, rate: rate, closed: make(chan struct{})}, nil
		},
	}}
}

// slowConn reads some bytes each second, after the first.
type slowConn struct {
	net.Conn
	rate   int
	read   int
	closed chan struct{}
}

// Read implements net.Conn.
func (c *slowConn) Read(p []byte) (int, error) {
	if c.read < slowStart {
		n, err := c.Conn.Read(p)
		c.read += n
		return n, err //nolint:wrapcheck // io.EOF has to stay what it is
	}
	select {
	case <-time.After(time.Second):
	case <-c.closed:
	}
	return c.Conn.Read(p[:min(len(p), c.rate)]) //nolint:wrapcheck // the same
}

// Close implements net.Conn. The HTTP client calls it once.
func (c *slowConn) Close() error {
	close(c.closed)
	return c.Conn.Close() //nolint:wrapcheck // passed through
}
