package transport

import (
	"encoding/json"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"example.org/hub/actors"
)

func TestRemoteRule_Address(t *testing.T) {
	rule := remoteRule{trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}}
	f := func(peer, want string, hops ...string) {
		t.Helper()
		var rc fasthttp.RequestCtx
		for _, h := range hops {
			rc.Request.Header.Add("X-Forwarded-For", h)
		}
		rc.SetRemoteAddr(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(peer)))
		if got := rule.address(&rc).String(); got != want {
			t.Errorf("peer %s, hops %q: got %s, want %s", peer, hops, got, want)
		}
	}
	// A peer that is not trusted says nothing about itself.
	f("203.0.113.9:1", "203.0.113.9")
	f("203.0.113.9:1", "203.0.113.9", "1.2.3.4")
	f("[2001:dead::1]:1", "2001:dead::1", "1.2.3.4")
	// The right-most hop that no proxy vouches for.
	f("10.0.0.1:1", "10.0.0.1")
	f("10.0.0.1:1", "1.2.3.4", "1.2.3.4")
	f("10.0.0.1:1", "1.2.3.4", "6.6.6.6, 1.2.3.4")
	f("10.0.0.1:1", "1.2.3.4", "6.6.6.6,1.2.3.4 , 10.1.1.1")
	f("10.0.0.1:1", "1.2.3.4", "6.6.6.6", "1.2.3.4", "10.1.1.1, 10.2.2.2")
	f("10.0.0.1:1", "10.9.9.9", "10.9.9.9, 10.1.1.1") // proxies all the way
	f("[::ffff:10.0.0.1]:1", "1.2.3.4", "1.2.3.4")
	f("10.0.0.1:1", "1.2.3.4", "::ffff:1.2.3.4")
	f("[2001:db8::1]:1", "2a00::5", "2a00::5")
	// Forms with ports and brackets.
	f("10.0.0.1:1", "1.2.3.4", "1.2.3.4:5678")
	f("10.0.0.1:1", "2a00::5", "[2a00::5]:5678")
	f("10.0.0.1:1", "2a00::5", "[2a00::5]")
	// Garbage ends the walk at what a proxy of ours saw.
	f("10.0.0.1:1", "10.0.0.1", "")
	f("10.0.0.1:1", "10.0.0.1", "unknown")
	f("10.0.0.1:1", "10.0.0.1", "1.2.3.4, _hidden")
	f("10.0.0.1:1", "10.1.1.1", "1.2.3.4, x, 10.1.1.1")
	f("10.0.0.1:1", "10.0.0.1", "fe80::1%eth0")
	f("10.0.0.1:1", "10.0.0.1", "1.2.3.4.5")
	f("10.0.0.1:1", "10.0.0.1", "0x7f000001")
	f("10.0.0.1:1", "10.0.0.1", strings.Repeat("10.0.0.1,", 5000))
}

func FuzzParseHop(f *testing.F) {
	for _, seed := range []string{"1.2.3.4", "[::1]:80", "1.2.3.4:x", "::ffff:1.2.3.4", "fe80::1%lo", "[", " "} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, hop []byte) {
		addr, ok := parseHop(hop)
		if ok && (!addr.IsValid() || addr.Zone() != "" || addr.Is4In6()) {
			t.Fatalf("%q became %v", hop, addr)
		}
	})
}

func TestRemote_PresenceShowsIt(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	h.open("/api/sse", h.bearer("alice"), "X-Forwarded-For: 6.6.6.6, 1.2.3.4", "User-Agent: test\xff agent")
	var user actors.UserInfo
	h.check(json.Unmarshal([]byte(h.ask("GET", "/api/users/alice", "", apiKeyHeader(presenceKey)).body), &user))
	if c := user.Connections[0]; c.Remote != "1.2.3.4" || c.UserAgent != "test agent" {
		t.Errorf("got %+v", c)
	}
}
