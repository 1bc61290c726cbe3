package transport

import (
	"crypto/tls"
	"net"
	"testing"
	"time"
)

func tlsListener(cfg *tls.Config) func(net.Listener) net.Listener {
	return func(ln net.Listener) net.Listener { return tls.NewListener(ln, cfg) }
}

func tlsDial(tb testing.TB, addr string, cfg *tls.Config) net.Conn {
	tb.Helper()
	conn, err := tls.Dial("tcp", addr, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}
