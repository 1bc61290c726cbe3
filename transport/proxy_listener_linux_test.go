package transport

import (
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/hub/actors"
)

// streamKinds keeps what kinds of streams were attached.
type streamKinds struct {
	Hub
	mu  sync.Mutex
	own []bool
}

func (k *streamKinds) Attach(a *actors.Attach) {
	_, own := a.Stream.(*ownStream)
	k.mu.Lock()
	k.own = append(k.own, own)
	k.mu.Unlock()
	k.Hub.Attach(a)
}

// newProxiedHub starts a hub whose public listener trusts proxies on network.
func newProxiedHub(t *testing.T, network string) (*testHub, *streamKinds, <-chan error) {
	t.Helper()
	kinds := &streamKinds{}
	refusals := make(chan error, 10)
	h := newTestHub(t, func(o *options) {
		o.around = func(tree Hub) Hub { kinds.Hub = tree; return kinds }
		o.wrap = func(ln net.Listener) net.Listener {
			ln = ProxyProtocol(ln, []netip.Prefix{netip.MustParsePrefix(network)}, func(_ net.Addr, err error) { refusals <- err })
			ln.(*proxyListener).wait = 200 * time.Millisecond
			return ln
		}
	})
	return h, kinds, refusals
}

func TestProxyProtocol_AStreamHasTheClientsAddressAndADescriptorOfItsOwn(t *testing.T) {
	h, kinds, _ := newProxiedHub(t, "127.0.0.0/8")
	for name, tt := range map[string]struct{ header, want string }{
		"v1":    {"PROXY TCP4 1.2.3.4 10.0.0.1 8080 80\r\n", "1.2.3.4"},
		"v2":    {proxyV2(0x21, 0x21, v6Addresses+oneTLV), "2001:db8::5"},
		"local": {proxyV2(0x20, 0, ""), "127.0.0.1"},
	} {
		conn := dial(t, h.public)
		if _, err := io.WriteString(conn, tt.header+request("GET", "/api/sse", "", h.bearer(name))); err != nil {
			t.Fatal(err)
		}
		await(t, "the stream is open", func() bool {
			return strings.Contains(h.ask("GET", "/api/users/"+name, "", apiKeyHeader(adminKey)).body, `"remote"`)
		})
		var user actors.UserInfo
		h.check(json.Unmarshal([]byte(h.ask("GET", "/api/users/"+name, "", apiKeyHeader(adminKey)).body), &user))
		if got := user.Connections[0].Remote; got != tt.want {
			t.Errorf("%s: the client's address is %s, want %s", name, got, tt.want)
		}
		h.ask("POST", "/api/messages", `{"to":"user/`+name+`","data":"hello"}`, apiKeyHeader(adminKey), "Content-Type: application/json").want(t, 202, "")
		for text := ""; !strings.Contains(text, `data: "hello"`); {
			b := make([]byte, 4096)
			n, err := conn.Read(b)
			if err != nil {
				t.Fatalf("%s: after %q: %v", name, text, err)
			}
			text += string(b[:n])
		}
	}
	kinds.mu.Lock()
	defer kinds.mu.Unlock()
	if len(kinds.own) != 3 || !kinds.own[0] || !kinds.own[1] || !kinds.own[2] {
		t.Errorf("own descriptors: %v", kinds.own)
	}
}

func TestProxyProtocol_ATrustedProxySendsAHeaderOrNothing(t *testing.T) {
	h, _, refusals := newProxiedHub(t, "127.0.0.0/8")
	for name, sent := range map[string]string{
		"none":    request("GET", "/livez", ""),
		"bad":     "PROXY TCP4 x\r\n" + request("GET", "/livez", ""),
		"silence": "PROX", // until the time is up
	} {
		conn := dial(t, h.public)
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
		if answer, _ := io.ReadAll(conn); len(answer) > 0 { // the connection may be reset
			t.Errorf("%s: got the answer %q", name, answer)
		}
		if err := receive(t, refusals, "refusal"); err == nil {
			t.Errorf("%s: refused without a reason", name)
		}
	}
	_ = dial(t, h.public).(*net.TCPConn).CloseWrite() // a check that only connects is no refusal
	conn := dial(t, h.public)                         // and the deadline of a header is not that of a request
	if _, err := io.WriteString(conn, "PROXY UNKNOWN\r\n"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // longer than the header may take
	if _, err := io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
		t.Errorf("got %q, %v", answer, err)
	}
	select {
	case err := <-refusals:
		t.Errorf("refused: %v", err)
	default:
	}
}

func TestProxyProtocol_OthersAreClientsAndMayNotSendAHeader(t *testing.T) {
	h, _, _ := newProxiedHub(t, "10.0.0.0/8")
	exchange(t, h.public, request("GET", "/livez", "")).want(t, 200, "")
	for _, header := range []string{"PROXY TCP4 1.2.3.4 10.0.0.1 8080 80\r\n", "PROXY UNKNOWN\r\n", proxyV2(0x21, 0x11, v4Addresses), proxyV2(0x20, 0, "")} {
		if r := exchange(t, h.public, header+request("GET", "/livez", "")); r.status() != 400 {
			t.Errorf("%q: got %d", header, r.status())
		}
	}
}
