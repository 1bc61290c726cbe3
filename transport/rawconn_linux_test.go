package transport

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// rawPair returns a raw connection and its peer.
func rawPair(t *testing.T) (conn net.Conn, peer *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dialled, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn = newRawConn(accepted)
	if _, ok := conn.(*rawConn); !ok {
		t.Fatalf("a %T is not raw", accepted)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = dialled.Close()
	})
	return conn, dialled.(*net.TCPConn)
}

func TestRawConn_WritesMoreThanTheSocketTakes(t *testing.T) {
	conn, peer := rawPair(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	go func() {
		if n, err := conn.Write(sent); n != len(sent) || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
		_ = conn.Close()
	}()
	if got, err := io.ReadAll(peer); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("the peer got %d of %d bytes, %v", len(got), len(sent), err)
	}
}

func TestRawConn_ReadsToTheEnd(t *testing.T) {
	conn, peer := rawPair(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go func() {
		_, _ = peer.Write(sent)
		_ = peer.CloseWrite()
	}()
	if got, err := io.ReadAll(conn); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("got %d of %d bytes, %v", len(got), len(sent), err)
	}
}

func TestRawConn_Errors(t *testing.T) {
	t.Run("a deadline ends a read and a write", func(t *testing.T) {
		conn, _ := rawPair(t)
		_ = conn.SetDeadline(time.Now().Add(10 * time.Millisecond))
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read: %v", err)
		}
		_ = conn.SetDeadline(time.Now().Add(50 * time.Millisecond))
		if n, err := conn.Write(make([]byte, 64<<20)); !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 {
			t.Errorf("Write = %d, %v", n, err)
		}
	})
	t.Run("a close ends a read", func(t *testing.T) {
		conn, _ := rawPair(t)
		failed := make(chan error)
		go func() {
			_, err := conn.Read(make([]byte, 1))
			failed <- err
		}()
		_ = conn.Close()
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read: %v", err)
		}
	})
	t.Run("a reset", func(t *testing.T) {
		conn, peer := rawPair(t)
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
