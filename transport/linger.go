package transport

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// A socket that is closed with unread bytes sends a reset, which makes the peer
// throw away the answer that says why, such as 413. So connections of the
// internal listener that end with an error read on for a moment.
const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 4 << 20
)

// lingerListener makes lingering connections. The public listener has none:
// streams need the bare connection.
type lingerListener struct{ net.Listener }

func (l lingerListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err //nolint:wrapcheck // fasthttp looks at the text
	}
	return &lingerConn{Conn: conn}, nil
}

// lingerConn is a connection that may have unread bytes when it is closed.
type lingerConn struct {
	net.Conn
	unread atomic.Bool
}

// Close sends what was written, then reads and drops a limited amount.
func (c *lingerConn) Close() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.unread.Swap(false) {
		if half.CloseWrite() == nil && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
			_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // ends when the peer does
		}
	}
	return c.Conn.Close() //nolint:wrapcheck // passed through
}
