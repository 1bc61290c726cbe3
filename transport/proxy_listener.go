package transport

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// proxyHeaderTime is how long a proxy may take for its header.
const proxyHeaderTime = 5 * time.Second

// ProxyProtocol returns a listener for proxies that say by the PROXY protocol,
// version 1 or 2, for whom they connect. Connections from the trusted networks
// begin with such a header or are closed, which refused is told; others are the
// client's own, and a header from them is refused as the bad request that it is.
// TLS goes around it.
func ProxyProtocol(ln net.Listener, trusted []netip.Prefix, refused func(proxy net.Addr, err error)) net.Listener {
	return &proxyListener{Listener: ln, proxies: remoteRule{trusted: trusted}, refused: refused, wait: proxyHeaderTime}
}

type proxyListener struct {
	net.Listener
	proxies remoteRule
	refused func(net.Addr, error)
	wait    time.Duration // for a header
}

// Accept reads nothing yet: a proxy that is slow with its header must not keep
// others waiting.
func (l *proxyListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err //nolint:wrapcheck // fasthttp looks at the text
	}
	if !l.proxies.trusts(peerAddr(conn.RemoteAddr())) {
		return conn, nil
	}
	return &proxyConn{Conn: conn, refused: l.refused, wait: l.wait}, nil
}

// proxyConn is a connection of a trusted proxy. The first Read reads the header.
type proxyConn struct {
	net.Conn
	refused func(net.Addr, error)
	wait    time.Duration
	begin   sync.Once
	failed  bool // to be read after begin

	mu       sync.Mutex
	client   net.Addr // nil for the proxy itself
	deadline time.Time
	reading  bool // of the header, which has a deadline of its own
}

// Read implements net.Conn.
func (c *proxyConn) Read(p []byte) (int, error) {
	c.begin.Do(c.readHeader)
	if c.failed {
		return 0, io.EOF // nobody is there to whom an error would mean anything
	}
	return c.Conn.Read(p) //nolint:wrapcheck // passed through
}

func (c *proxyConn) readHeader() {
	c.setReading(true)
	client, err := readProxyHeader(c.Conn)
	if err != nil {
		c.failed = true
		_ = c.Close()
		if !errors.Is(err, io.EOF) { // a health check that only connects
			c.refused(c.Conn.RemoteAddr(), err)
		}
		return
	}
	if client.IsValid() {
		c.mu.Lock()
		c.client = net.TCPAddrFromAddrPort(client)
		c.mu.Unlock()
	}
	c.setReading(false)
}

// setReading applies the header's deadline, or after it the one that was set
// meanwhile. An error of that comes back from the next Read.
func (c *proxyConn) setReading(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = on
	deadline := c.deadline
	if on {
		deadline = time.Now().Add(c.wait)
	}
	_ = c.Conn.SetReadDeadline(deadline)
}

// SetReadDeadline implements net.Conn.
func (c *proxyConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	if c.reading {
		return nil
	}
	return c.Conn.SetReadDeadline(t) //nolint:wrapcheck // passed through
}

// SetDeadline implements net.Conn.
func (c *proxyConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// RemoteAddr returns the address of the client, once that is known.
func (c *proxyConn) RemoteAddr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil {
		return c.client
	}
	return c.Conn.RemoteAddr()
}

// UnsafeConn returns the connection below, which streams take over.
func (c *proxyConn) UnsafeConn() net.Conn { return c.Conn }
