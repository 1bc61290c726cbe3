package transport

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// socketPair returns an accepted socket and its peer.
func socketPair(t *testing.T) (conn *socket, peer *net.TCPConn) {
	t.Helper()
	accepted, peer := tcpPair(t)
	t.Cleanup(func() {
		_ = accepted.Close()
		_ = peer.Close()
	})
	return accepted.(*socket), peer
}

// known reports whether Go's netpoller knows the socket.
func (c *socket) known() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.file != nil
}

// waitedPair is socketPair with a socket that the netpoller knows.
func waitedPair(t *testing.T) (conn *socket, peer *net.TCPConn) {
	t.Helper()
	conn, peer = socketPair(t)
	_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Time{})
	return conn, peer
}

var socketKinds = map[string]func(*testing.T) (*socket, *net.TCPConn){"never waited": socketPair, "waited": waitedPair}

func TestSocket_WritesMoreThanTheKernelTakes(t *testing.T) {
	for name, pair := range socketKinds {
		t.Run(name, func(t *testing.T) {
			conn, peer := pair(t)
			sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<15)
			go func() {
				if n, err := conn.Write(sent); n != len(sent) || err != nil {
					t.Errorf("Write = %d, %v", n, err)
				}
				_ = conn.Close()
			}()
			if got, err := io.ReadAll(peer); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("the peer got %d of %d bytes, %v", len(got), len(sent), err)
			}
		})
	}
}

func TestSocket_ReadsToTheEnd(t *testing.T) {
	for name, pair := range socketKinds {
		t.Run(name, func(t *testing.T) {
			conn, peer := pair(t)
			sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
			go func() {
				_, _ = peer.Write(sent)
				_ = peer.CloseWrite()
			}()
			if got, err := io.ReadAll(conn); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("got %d of %d bytes, %v", len(got), len(sent), err)
			}
		})
	}
}

// A client whose request is there is served without the netpoller.
func TestSocket_IsRegisteredOnlyToWait(t *testing.T) {
	conn, peer := socketPair(t)
	_ = conn.SetDeadline(time.Now().Add(time.Hour))
	if _, err := peer.Write([]byte("request")); err != nil {
		t.Fatal(err)
	}
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	await(t, "the request is there", func() bool {
		n, _ := unix.IoctlGetInt(int(conn.fd), unix.TIOCINQ)
		return n == len("request")
	})
	if n, err := conn.Read(make([]byte, 100)); n != len("request") || err != nil {
		t.Errorf("Read = %d, %v", n, err)
	}
	if _, err := conn.Write([]byte("answer")); err != nil {
		t.Error(err)
	}
	if conn.known() {
		t.Error("registered without need")
	}
	fd := int(conn.fd)
	if got, err := conn.take(); got != fd || err != nil {
		t.Errorf("take = %d, %v, want the socket's own %d", got, err, fd)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
}

func TestSocket_TakenOutlivesItsClose(t *testing.T) {
	for name, pair := range socketKinds {
		t.Run(name, func(t *testing.T) {
			conn, peer := pair(t)
			fd, err := conn.take()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = unix.Close(fd) })
			_ = conn.Close()
			_ = conn.Close()
			if _, errno := send(int32(fd), []byte("x")); errno != 0 {
				t.Error(errno)
			}
			if n, err := peer.Read(make([]byte, 1)); n != 1 || err != nil {
				t.Errorf("Read = %d, %v", n, err)
			}
			if n, err := conn.Write([]byte("x")); n != 0 || !errors.Is(err, net.ErrClosed) {
				t.Errorf("Write = %d, %v", n, err)
			}
		})
	}
}

func TestSocket_Deadlines(t *testing.T) {
	for name, pair := range socketKinds {
		t.Run(name, func(t *testing.T) {
			conn, _ := pair(t)
			_ = conn.SetDeadline(time.Now().Add(10 * time.Millisecond))
			_, err := conn.Read(make([]byte, 1))
			timeout, ok := errors.AsType[net.Error](err)
			if !errors.Is(err, os.ErrDeadlineExceeded) || !ok || !timeout.Timeout() {
				t.Errorf("Read: %v", err)
			}
			much := make([]byte, 64<<20)
			_ = conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
			if n, err := conn.Write(much); !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 {
				t.Errorf("Write = %d, %v", n, err)
			}
		})
	}
	t.Run("in the past", func(t *testing.T) {
		conn, peer := socketPair(t)
		_, _ = peer.Write([]byte("x"))
		_ = conn.SetDeadline(time.Unix(1, 0))
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read: %v", err)
		}
		if _, err := conn.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write: %v", err)
		}
	})
}

func TestSocket_Errors(t *testing.T) {
	t.Run("a close ends a read", func(t *testing.T) {
		conn, _ := socketPair(t)
		failed := make(chan error)
		go func() {
			_, err := conn.Read(make([]byte, 1))
			failed <- err
		}()
		await(t, "the read waits", conn.known)
		_ = conn.Close()
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read: %v", err)
		}
	})
	t.Run("a reset", func(t *testing.T) {
		for name, pair := range socketKinds {
			t.Run(name, func(t *testing.T) {
				conn, peer := pair(t)
				_ = peer.SetLinger(0)
				_ = peer.Close()
				if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("Read: %v", err)
				}
				if _, err := conn.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
					t.Errorf("Write: %v", err)
				}
			})
		}
	})
	t.Run("closed", func(t *testing.T) {
		for name, pair := range socketKinds {
			t.Run(name, func(t *testing.T) {
				conn, _ := pair(t)
				_ = conn.Close()
				_, read := conn.Read(make([]byte, 1))
				_, write := conn.Write([]byte("x"))
				for _, err := range []error{read, write, conn.Close(), conn.CloseWrite(), conn.SetDeadline(time.Now())} {
					if !errors.Is(err, net.ErrClosed) {
						t.Error(err)
					}
				}
			})
		}
	})
}

// A socket is closed by another goroutine, as fasthttp's Shutdown does, whatever
// its own does meanwhile. The race detector looks on.
func TestSocket_ClosesUnderItsReader(t *testing.T) {
	for range 200 {
		conn, peer := socketPair(t)
		var all sync.WaitGroup
		all.Go(func() { _, _ = conn.Read(make([]byte, 1)) })
		all.Go(func() { _, _ = peer.Write([]byte("x")) })
		all.Go(func() { _ = conn.SetReadDeadline(time.Now().Add(time.Minute)) })
		all.Go(func() { _ = conn.Close() })
		all.Wait()
	}
}

func TestSocketListener_Addresses(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		ln, err := Listen(addr, DefaultListenConfig())
		if err != nil {
			t.Fatal(err)
		}
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := conn.RemoteAddr().String(), client.LocalAddr().String(); got != want {
			t.Errorf("%s: the client is %s, want %s", addr, got, want)
		}
		_, _, _ = conn.Close(), client.Close(), ln.Close()
	}
}

func TestSocketListener_CloseEndsAccept(t *testing.T) {
	ln, err := Listen("127.0.0.1:0", DefaultListenConfig())
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := ln.Accept()
		failed <- err
	}()
	_ = ln.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Dial: %v", err)
	}
	if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
}
