package transport

import (
	"crypto/tls"
	"io"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/hub/actors"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// owner records what a stream tells it.
type owner struct {
	writable chan struct{}
	hangup   chan actors.Reason
}

func newOwner() *owner {
	return &owner{writable: make(chan struct{}, 1), hangup: make(chan actors.Reason, 8)}
}

func (o *owner) Writable() {
	select {
	case o.writable <- struct{}{}:
	default:
	}
}

func (o *owner) Hangup(r actors.Reason) { o.hangup <- r }

func (o *owner) wantHangup(tb testing.TB, want actors.Reason) {
	tb.Helper()
	if got := receive(tb, o.hangup, "hang-up"); got != want {
		tb.Fatalf("hangup: got %q, want %q", got, want)
	}
}

func receive[T any](tb testing.TB, ch <-chan T, what string) (v T) {
	tb.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		tb.Fatalf("no %s within %v", what, patience)
	}
	return v
}

// transportKind is one way from a client to a stream.
type transportKind struct {
	name  string
	serve func(accepted net.Conn) net.Conn
	dial  func(dialled net.Conn) net.Conn
	unix  bool // below that is a Unix socket
}

// client is the client's end of a socket.
type client interface {
	net.Conn
	SetReadBuffer(bytes int) error
}

func identity(c net.Conn) net.Conn { return c }

// hijacked is what fasthttp hands to a hijack handler.
type hijacked struct{ net.Conn }

func (h hijacked) UnsafeConn() net.Conn { return h.Conn }

// opaque hides the TCP connection, so that the portable stream is used.
type opaque struct{ net.Conn }

func transportKinds(tb testing.TB) []transportKind {
	tb.Helper()
	server, client := tlsConfigs(tb)
	return []transportKind{
		{"plain", identity, identity, false},
		{"portable", func(c net.Conn) net.Conn { return opaque{c} }, identity, false},
		{
			"tls",
			func(c net.Conn) net.Conn { return tls.Server(c, server) },
			func(c net.Conn) net.Conn { return tls.Client(c, client) },
			false,
		},
	}
}

// link is a stream and its client.
type link struct {
	actors.Stream
	owner  *owner
	client net.Conn
	socket client       // below client
	closes atomic.Int32 // calls of onClose
	ended  chan struct{}
}

const refusalText = "HTTP/1.1 503 Service Unavailable\r\n\r\nretry: 1000\n\n"

// connect opens a stream as the server does, fasthttp's part included: the
// connection is closed when its handler returns.
func connect(tb testing.TB, set *streams, kind transportKind) *link {
	tb.Helper()
	accepted, dialled := endsOf(tb, kind.unix)
	conn := kind.serve(accepted)
	l := &link{owner: newOwner(), client: kind.dial(dialled), socket: dialled, ended: make(chan struct{})}
	tb.Cleanup(func() { _ = l.client.Close() })
	handshake(tb, conn, l.client)
	st, wait, err := set.take(hijacked{conn}, func() { l.closes.Add(1); close(l.ended) },
		func(r actors.Reason) []byte { return []byte(refusalText + string(r)) })
	if err != nil {
		tb.Fatal(err)
	}
	l.Stream = st
	if wait == nil {
		_ = conn.Close()
		return l
	}
	done := make(chan struct{})
	tb.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		wait()
		_ = conn.Close()
	}()
	return l
}

// start connects a stream, starts it, and closes it with the test.
func start(tb testing.TB, set *streams, kind transportKind) *link {
	tb.Helper()
	l := connect(tb, set, kind)
	tb.Cleanup(l.Close)
	if err := l.Start(l.owner); err != nil {
		tb.Fatal(err)
	}
	return l
}

// write writes all of p, waiting for room as often as it has to.
func (l *link) write(tb testing.TB, p []byte) (waits int) {
	tb.Helper()
	for {
		n, err := l.TryWrite(p)
		if err != nil {
			tb.Fatalf("TryWrite: %v", err)
		}
		if p = p[n:]; len(p) == 0 {
			return waits
		}
		waits++
		receive(tb, l.owner.writable, "room")
	}
}

// read reads so many bytes as the client.
func (l *link) read(tb testing.TB, n int) string {
	tb.Helper()
	_ = l.client.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, n)
	if _, err := io.ReadFull(l.client, buf); err != nil {
		tb.Fatalf("client read: %v", err)
	}
	return string(buf)
}

// endsOf returns both ends of a connection of either kind.
func endsOf(tb testing.TB, ofUnix bool) (accepted net.Conn, dialled client) {
	tb.Helper()
	if !ofUnix {
		return tcpPair(tb)
	}
	path := filepath.Join(tb.TempDir(), "s")
	ln, err := Listen(UnixPrefix+path, DefaultListenConfig())
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	c, err := net.Dial("unix", path)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := ln.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	return s, c.(*net.UnixConn)
}

// tcpPair returns both ends of a connection through Listen.
func tcpPair(tb testing.TB) (accepted net.Conn, dialled *net.TCPConn) {
	tb.Helper()
	ln, err := Listen("127.0.0.1:0", DefaultListenConfig())
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	s, err := ln.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	return s, c.(*net.TCPConn)
}

func handshake(tb testing.TB, server, client net.Conn) {
	tb.Helper()
	c, ok := client.(*tls.Conn)
	if !ok {
		return
	}
	done := make(chan error, 1)
	go func() { done <- server.(*tls.Conn).Handshake() }()
	if err := c.Handshake(); err != nil {
		tb.Fatal(err)
	}
	if err := <-done; err != nil {
		tb.Fatal(err)
	}
}

// newTestStreams returns streams that end with the test, and checks that they
// leave no goroutine behind.
func newTestStreams(tb testing.TB) *streams {
	tb.Helper()
	ignore := goleak.IgnoreCurrent()
	// fasthttp's housekeepers outlive their server, see TestMain.
	pool := goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2")
	date := goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1")
	tb.Cleanup(func() { goleak.VerifyNone(tb, ignore, pool, date) })
	set, err := newStreams(defaultStreamConfig())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := set.close(); err != nil {
			tb.Errorf("close: %v", err)
		}
		if got := set.stats(); got.Open != 0 || got.Waiting != 0 {
			tb.Errorf("after the end: %+v", got)
		}
	})
	return set
}

// roomSoon waits a moment for room. A portable stream is full at times only
// because its writer was not scheduled yet.
func (l *link) roomSoon() bool {
	select {
	case <-l.owner.writable:
		return true
	case <-time.After(50 * time.Millisecond):
		return false
	}
}

// await waits until cond holds.
func await(tb testing.TB, what string, cond func() bool) {
	tb.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("not within %v: %s", patience, what)
		}
	}
}
