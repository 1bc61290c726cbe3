package transport

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"github.com/valyala/fasthttp"

	"example.org/hub/actors"
)

// TestStreams_Fasthttp goes the whole way: accept, parse, hijack, take. The
// client pipelines a second request, which is dropped and not answered.
func TestStreams_Fasthttp(t *testing.T) {
	server, client := tlsConfigs(t)
	for _, tt := range []struct {
		name string
		wrap func(net.Listener) net.Listener
		dial func(addr string) (net.Conn, error)
	}{
		{
			"plain", func(ln net.Listener) net.Listener { return ln },
			func(addr string) (net.Conn, error) { return net.Dial("tcp", addr) },
		},
		{
			"tls", func(ln net.Listener) net.Listener { return tls.NewListener(ln, server) },
			func(addr string) (net.Conn, error) { return tls.Dial("tcp", addr, client) },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set := newTestStreams(t)
			taken := make(chan actors.Stream, 2)
			ln, err := Listen("127.0.0.1:0", DefaultListenConfig())
			if err != nil {
				t.Fatal(err)
			}
			stop := serveHijack(t, tt.wrap(ln), set, taken)
			defer stop()
			conn, err := tt.dial(ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			const get = "GET /api/sse HTTP/1.1\r\nHost: x\r\n\r\n"
			if _, err := io.WriteString(conn, get+get); err != nil {
				t.Fatal(err)
			}
			st := receive(t, taken, "stream")
			o := newOwner()
			if err := st.Start(o); err != nil {
				t.Fatal(err)
			}
			const answer = "HTTP/1.1 200 OK\r\n\r\ndata: hello\n\n"
			if n, err := st.TryWrite([]byte(answer)); n != len(answer) || err != nil {
				t.Errorf("TryWrite: %d, %v", n, err)
			}
			st.Close()
			if got, err := io.ReadAll(conn); string(got) != answer || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
			if len(taken) != 0 || len(o.hangup) != 0 {
				t.Errorf("streams taken besides: %d, hang-ups: %d", len(taken), len(o.hangup))
			}
		})
	}
}

func serveHijack(t *testing.T, ln net.Listener, set *streams, taken chan<- actors.Stream) (stop func()) {
	t.Helper()
	srv := &fasthttp.Server{
		Logger: discardLogger{},
		Handler: func(ctx *fasthttp.RequestCtx) {
			ctx.HijackSetNoResponse(true)
			ctx.Hijack(func(c net.Conn) {
				st, wait, err := set.take(c, nil, nil)
				if err != nil {
					t.Error(err)
					return
				}
				taken <- st
				if wait != nil {
					wait()
				}
			})
		},
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	return func() {
		if err := srv.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := receive(t, done, "end of the server"); err != nil {
			t.Error(err)
		}
	}
}

type discardLogger struct{}

func (discardLogger) Printf(string, ...any) {}
