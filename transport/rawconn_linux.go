package transport

import (
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// rawConn is a connection that reads and writes by raw system calls. They do not
// block, so they need no hand-over by the scheduler; above all, the first ordinary
// system call of a process that was idle wakes the runtime's monitor thread, which
// costs more than the call. Waiting and deadlines are the net package's as before.
// There is one reader and one writer at a time, as fasthttp has.
type rawConn struct {
	*net.TCPConn
	raw     syscall.RawConn
	in, out transfer
}

// transfer is one Read or Write.
type transfer struct {
	buf   []byte
	n     int
	errno unix.Errno
	try   func(fd uintptr) (done bool)
}

// newRawConn returns conn with raw reads and writes if it is a socket, else conn.
func newRawConn(conn net.Conn) net.Conn {
	socket, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return conn
	}
	c := &rawConn{TCPConn: socket, raw: raw}
	c.in.try = func(fd uintptr) bool {
		c.in.n, c.in.errno = recv(int32(fd), c.in.buf)
		afterReceive(int32(fd))
		return c.in.errno != unix.EAGAIN
	}
	c.out.try = func(fd uintptr) bool {
		for c.out.n < len(c.out.buf) {
			n, errno := send(int32(fd), c.out.buf[c.out.n:])
			if c.out.errno = errno; errno != 0 {
				return errno != unix.EAGAIN
			}
			c.out.n += n
		}
		return true
	}
	return c
}

// Read implements net.Conn.
func (c *rawConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.in.buf, c.in.n, c.in.errno = p, 0, 0
	err := c.raw.Read(c.in.try)
	c.in.buf = nil
	switch {
	case err != nil:
		return 0, err //nolint:wrapcheck // it is a *net.OpError
	case c.in.errno != 0:
		return 0, c.failed("read", c.in.errno)
	case c.in.n == 0:
		return 0, io.EOF
	}
	return c.in.n, nil
}

// Write implements net.Conn.
func (c *rawConn) Write(p []byte) (int, error) {
	beforeSend()
	c.out.buf, c.out.n, c.out.errno = p, 0, 0
	err := c.raw.Write(c.out.try)
	c.out.buf = nil
	if err == nil && c.out.errno != 0 {
		err = c.failed("write", c.out.errno)
	}
	return c.out.n, err
}

func (c *rawConn) failed(op string, errno unix.Errno) error {
	return &net.OpError{
		Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(),
		Err: os.NewSyscallError(op, errno),
	}
}
