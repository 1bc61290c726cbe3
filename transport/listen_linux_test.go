package transport

import (
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// option reads an integer option of a socket.
func option(t *testing.T, fd, level, opt int) int {
	t.Helper()
	v, err := unix.GetsockoptInt(fd, level, opt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestListen_Inherited reads the options of a stream's own descriptor: they came
// from the listener, through accept(2).
func TestListen_Inherited(t *testing.T) {
	set := newTestStreams(t)
	l := start(t, set, transportKinds(t)[0])
	for _, tt := range []struct {
		name       string
		level, opt int
		want       int
	}{
		{"SO_PROTOCOL", unix.SOL_SOCKET, unix.SO_PROTOCOL, unix.IPPROTO_TCP}, // not MPTCP
		{"SO_SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, 2 * 16 << 10},         // doubled by the kernel
		{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{"TCP_NOTSENT_LOWAT", unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 16 << 10},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 30_000},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 60},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15},
		{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4},
	} {
		if got := option(t, int(number(l)), tt.level, tt.opt); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	flags, err := unix.FcntlInt(uintptr(number(l)), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor flags: %#x, %v, want close-on-exec", flags, err)
	}
}

func TestListen_DeferAccept(t *testing.T) {
	ln, err := Listen("127.0.0.1:0", ListenConfig{DeferAccept: 1500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_ = ln.(*socketListener).raw.Control(func(fd uintptr) {
		if option(t, int(fd), unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT) == 0 {
			t.Error("not set")
		}
		if option(t, int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 0 {
			t.Error("SO_KEEPALIVE is set though nothing asked for it")
		}
	})
}

func TestListen_Errors(t *testing.T) {
	for _, tt := range []struct {
		name, addr, want string
		cfg              ListenConfig
	}{
		{"no such address", "192.0.2.1:0", "listen on 192.0.2.1:0: ", DefaultListenConfig()},
		{"not an address", "nowhere", "listen on nowhere: ", DefaultListenConfig()},
		{"an option out of range is named", "127.0.0.1:0", "set TCP_KEEPCNT to 1000: ", ListenConfig{
			KeepAlive: net.KeepAliveConfig{Enable: true, Count: 1000},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ln, err := Listen(tt.addr, tt.cfg)
			if err == nil {
				_ = ln.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want %q in it", err, tt.want)
			}
		})
	}
}
