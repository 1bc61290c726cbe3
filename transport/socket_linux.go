package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socket is an accepted connection whose reads and writes are raw system calls.
// They do not block, so they need no hand-over by the scheduler; above all, the first
// ordinary system call of a process that was idle wakes the runtime's monitor thread,
// which costs more than the call.
//
// Go's netpoller learns of it when it first has to wait. A client's request is mostly
// there as soon as it is accepted; then a stream takes the descriptor as it is, and
// neither a registration nor a second descriptor was ever made.
//
// There is one reader and one writer at a time, as fasthttp and TLS have.
type socket struct {
	remote, local net.Addr
	in, out       transfer
	closed        atomic.Bool

	mu      sync.Mutex // not held while waiting
	fd      int32      // -1 once file has it, a stream took it, or it is closed
	file    *os.File   // nil until it has to wait
	raw     syscall.RawConn
	readBy  time.Time // deadlines, until file has them
	writeBy time.Time
}

// transfer is one Read or Write.
type transfer struct {
	buf   []byte
	n     int
	errno unix.Errno
	again func(fd uintptr) (done bool) // an attempt, made for the netpoller
}

// receive is one attempt.
func (t *transfer) receive(fd uintptr) (done bool) {
	t.n, t.errno = recv(int32(fd), t.buf)
	afterReceive(int32(fd))
	return t.errno != unix.EAGAIN
}

// send attempts until all is sent or the socket is full.
func (t *transfer) send(fd uintptr) (done bool) {
	for t.n < len(t.buf) {
		n, errno := send(int32(fd), t.buf[t.n:])
		if t.errno = errno; errno != 0 {
			return errno != unix.EAGAIN
		}
		t.n += n
	}
	return true
}

// Read implements net.Conn.
func (c *socket) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.in.buf, c.in.n, c.in.errno = p, 0, 0
	raw, err := c.attempt(&c.in, (*transfer).receive, &c.readBy)
	if raw != nil {
		err = raw.Read(c.in.again)
	}
	c.in.buf = nil
	switch {
	case err != nil:
		return 0, c.failed("read", err)
	case c.in.errno != 0:
		return 0, c.failed("read", os.NewSyscallError("read", c.in.errno))
	case c.in.n == 0:
		return 0, io.EOF
	}
	return c.in.n, nil
}

// Write implements net.Conn.
func (c *socket) Write(p []byte) (int, error) {
	beforeSend()
	c.out.buf, c.out.n, c.out.errno = p, 0, 0
	raw, err := c.attempt(&c.out, (*transfer).send, &c.writeBy)
	if raw != nil {
		err = raw.Write(c.out.again)
	}
	c.out.buf = nil
	switch {
	case err != nil:
		return c.out.n, c.failed("write", err)
	case c.out.errno != 0:
		return c.out.n, c.failed("write", os.NewSyscallError("write", c.out.errno))
	}
	return c.out.n, nil
}

// attempt does a transfer that need not wait. It returns what can wait if the
// transfer has to, or if the netpoller knows the socket already.
func (c *socket) attempt(t *transfer, do func(*transfer, uintptr) bool, by *time.Time) (syscall.RawConn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.file != nil:
		return c.raw, nil
	case c.fd < 0:
		return nil, net.ErrClosed
	case !by.IsZero() && !time.Now().Before(*by):
		return nil, os.ErrDeadlineExceeded
	case do(t, uintptr(c.fd)):
		return nil, nil
	}
	return c.register()
}

// register makes the socket known to the netpoller. Called with mu.
func (c *socket) register() (syscall.RawConn, error) {
	file := os.NewFile(uintptr(c.fd), "socket")
	c.fd, c.file = -1, file
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err //nolint:wrapcheck // Read and Write wrap it
	}
	c.raw, c.in.again, c.out.again = raw, c.in.receive, c.out.send
	return raw, errors.Join(setDeadline(file.SetReadDeadline, c.readBy), setDeadline(file.SetWriteDeadline, c.writeBy))
}

func setDeadline(set func(time.Time) error, t time.Time) error {
	if t.IsZero() {
		return nil
	}
	return set(t)
}

// failed gives an error the form that the net package's have.
func (c *socket) failed(op string, err error) error {
	if c.closed.Load() {
		err = net.ErrClosed // the netpoller's own error cannot be told by errors.Is
	}
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: c.remote, Err: err}
}
