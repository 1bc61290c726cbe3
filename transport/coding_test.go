package transport

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	crand "crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"example.org/hub/sse"
)

func compressing(o *options) { o.Compress = true }

func TestCoding_IsNegotiated(t *testing.T) {
	on, off := newTestHub(t, compressing), newTestHub(t)
	for _, tt := range []struct {
		hub          *testHub
		accept       string
		coding, vary string
	}{
		{on, "gzip", "gzip", "Accept-Encoding, Origin"},
		{on, "gzip, deflate, br, zstd", "gzip", "Accept-Encoding, Origin"},
		{on, "br, x-gzip;q=0.5", "gzip", "Accept-Encoding, Origin"},
		{on, "gzip;q=0, *", "", "Accept-Encoding, Origin"},
		{on, "br", "", "Accept-Encoding, Origin"},
		{on, "", "", "Accept-Encoding, Origin"},
		{off, "gzip", "", "Origin"},
	} {
		var headers []string
		if tt.accept != "" {
			headers = append(headers, "Accept-Encoding: "+tt.accept)
		}
		headers = append(headers, tt.hub.bearer("alice"))
		r := tt.hub.openHead(request("GET", "/api/sse", "", headers...))
		for name, want := range map[string]string{"Content-Encoding": tt.coding, "Vary": tt.vary, "Cache-Control": "no-store, no-transform"} {
			if got := strings.Join(r.Header.Values(name), ", "); got != want {
				t.Errorf("%q, compress %t, %s: got %q, want %q", tt.accept, tt.hub.cfg.Compress, name, got, want)
			}
		}
		head := tt.hub.visit("HEAD", "/api/sse", headers...)
		if got := head.Header.Get("Content-Encoding"); got != tt.coding {
			t.Errorf("HEAD with %q: coding %q", tt.accept, got)
		}
		text := make([]byte, 6)
		if _, err := io.ReadFull(r.Body, text); err != nil || (string(text[:2]) == "\x1f\x8b") != (tt.coding == "gzip") {
			t.Errorf("%q: the body begins with %q, %v", tt.accept, text, err)
		}
	}
}

// openHead sends a request and reads the head of its answer.
func (h *testHub) openHead(text string) *http.Response {
	h.tb.Helper()
	return h.openRaw(text).resp
}

// A refusal comes before the coding is of any use, and is plain.
func TestCoding_RefusalsArePlain(t *testing.T) {
	h := newTestHub(t, compressing, func(o *options) { o.actors.MaxPerUser = 1 })
	h.open("/api/sse", h.bearer("alice"))
	r := h.visit("GET", "/api/sse", "Accept-Encoding: gzip", h.bearer("alice"))
	if r.Header.Get("Content-Encoding") != "" || !strings.HasPrefix(r.body, "retry: ") {
		t.Errorf("%v %q", r.Header, r.body)
	}
}

// Go's client asks for gzip by itself. What is sent must come out of its decoder
// at once, event by event, on streams of both kinds.
func TestCoding_GoClientGetsEachEventAtOnce(t *testing.T) {
	server, browser := tlsConfigs(t)
	for _, kind := range []string{"http", "https"} {
		t.Run(kind, func(t *testing.T) {
			h := newTestHub(t, compressing, func(o *options) {
				if kind == "https" {
					o.wrap = tlsListener(server)
				}
			})
			base := &http.Transport{TLSClientConfig: browser}
			t.Cleanup(base.CloseIdleConnections)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, kind+"://"+h.public+"/api/sse", http.NoBody)
			h.check(err)
			req.Header.Set("Authorization", "Bearer "+h.token("alice"))
			resp, err := base.RoundTrip(req)
			h.check(err)
			defer resp.Body.Close()
			if !resp.Uncompressed {
				t.Fatal("the stream is not in gzip")
			}
			dec := sse.NewDecoder(resp.Body, 1<<20)
			for i := range 50 {
				text := strings.Repeat("lorem ipsum ", i*i)
				h.post(fmt.Sprintf(`{"to":"user/alice","event":"n","data":"%d %s"}`, i, text)).want(t, 202, "")
				for {
					ev, err := dec.Next()
					h.check(err)
					if ev.Name == "n" {
						if want := fmt.Sprintf(`"%d %s"`, i, text); string(ev.Data) != want {
							t.Fatalf("%d: got %d bytes", i, len(ev.Data))
						}
						break
					}
				}
			}
			h.check(h.tree.Drain(t.Context(), 0))
			rest, err := io.ReadAll(resp.Body)
			if err != nil || !bytes.Contains(rest, []byte("event: reconnect")) {
				t.Errorf("the end: %q, %v", rest, err)
			}
		})
	}
}

// Sockets that are full in the middle of a block go on where they stopped, and a
// reader that comes back gets the same in gzip as in plain text.
func TestCoding_SlowReadersGetWhatOthersGet(t *testing.T) {
	server, browser := tlsConfigs(t)
	for _, kind := range []string{"http", "https"} {
		t.Run(kind, func(t *testing.T) {
			h := newTestHub(t, compressing, func(o *options) {
				o.actors.MaxQueueBytes = 64 << 20
				if kind == "https" {
					o.wrap = tlsListener(server)
				}
			})
			open := func(headers ...string) io.Reader {
				conn := dial(t, h.public)
				h.check(conn.(*net.TCPConn).SetReadBuffer(64 << 10))
				if kind == "https" {
					conn = tls.Client(conn, browser)
				}
				_, err := io.WriteString(conn, request("GET", "/api/sse", "", append(headers, h.bearer("alice"))...))
				h.check(err)
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				h.check(err)
				if resp.Header.Get("Content-Encoding") == "" {
					return resp.Body
				}
				body, err := gzip.NewReader(resp.Body)
				h.check(err)
				return body
			}
			readers := []io.Reader{open(), open("Accept-Encoding: gzip")}
			const events = 300
			noise := make([]byte, 3000)
			var first string
			for i := range events {
				_, _ = crand.Read(noise)
				id := h.post(fmt.Sprintf(`{"to":"user/alice","event":"n","data":"%d %x"}`, i, noise)).outcome(t).ID
				if i == 100 {
					first = id
				}
			}
			readers = append(readers, open("Accept-Encoding: gzip", "Last-Event-ID: "+first)) // from the window
			got := make([][]sse.Event, len(readers))
			for i, r := range readers {
				dec := sse.NewDecoder(iotest.HalfReader(r), 1<<20)
				for len(got[i]) == 0 || !bytes.HasPrefix(got[i][len(got[i])-1].Data, fmt.Appendf(nil, `"%d `, events-1)) {
					ev, err := dec.Next()
					h.check(err)
					if ev.Name == "n" {
						got[i] = append(got[i], ev)
					}
				}
			}
			if len(got[0]) != events || !reflect.DeepEqual(got[0], got[1]) || !reflect.DeepEqual(got[0][101:], got[2]) {
				t.Errorf("%d plain events, %d in gzip, %d of a replay", len(got[0]), len(got[1]), len(got[2]))
			}
			if h.counter("hub_slow_consumer_stalls_total") == "0" {
				t.Error("no socket was ever full")
			}
		})
	}
}
