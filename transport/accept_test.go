package transport

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// failingListener fails so often before it accepts.
type failingListener struct {
	net.Listener
	err   error
	fails int
}

func (l *failingListener) Accept() (net.Conn, error) {
	if l.fails > 0 {
		l.fails--
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", l.err)}
	}
	return nil, nil
}

func TestPatientListener_GoesOnAfterErrorsThatPass(t *testing.T) {
	for _, tt := range []struct {
		err   error
		fails int
		want  time.Duration // 0 if the listener ends
	}{
		{syscall.EMFILE, 1, 5 * time.Millisecond},
		{syscall.ENFILE, 3, 35 * time.Millisecond},
		{syscall.ECONNABORTED, 1, 5 * time.Millisecond},
		{syscall.ENOBUFS, 20, 1275*time.Millisecond + 12*time.Second},
		{syscall.EINVAL, 1, 0},
		{net.ErrClosed, 1, 0},
	} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs, start := 0, time.Now()
				l := patientListener{Listener: &failingListener{err: tt.err, fails: tt.fails}, failed: func(error) { errs++ }}
				_, err := l.Accept()
				if took := time.Since(start); took != tt.want {
					t.Errorf("took %v, want %v", took, tt.want)
				}
				if (err == nil) != (tt.want > 0) || (err == nil && errs != tt.fails) {
					t.Errorf("got %v after %d errors", err, errs)
				}
			})
		})
	}
}

func TestPatientListener_EndsWithItsServer(t *testing.T) {
	stop := make(chan struct{})
	close(stop)
	l := patientListener{Listener: &failingListener{err: syscall.EMFILE, fails: 1 << 30}, failed: func(error) {}, stop: stop}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// The server lives on, and says so once.
func TestServer_OutlivesAcceptErrors(t *testing.T) {
	h := newTestHub(t, func(o *options) {
		o.wrap = func(ln net.Listener) net.Listener { return &shortListener{Listener: ln, fails: 3} }
	})
	h.open("/api/sse", h.bearer("alice"))
	if got := h.counter("hub_accept_errors_total"); got != "3" {
		t.Errorf("%s errors were counted", got)
	}
	if n := strings.Count(h.logs.String(), "connection not accepted"); n != 1 {
		t.Errorf("%d lines were logged", n)
	}
}

// shortListener has no descriptors at first.
type shortListener struct {
	net.Listener
	fails int
}

func (l *shortListener) Accept() (net.Conn, error) {
	if l.fails > 0 {
		l.fails--
		return nil, os.NewSyscallError("accept4", syscall.EMFILE)
	}
	return l.Listener.Accept()
}
