package transport

import (
	"net"
	"testing"
)

func TestHostRule_Allows(t *testing.T) {
	rule := newHostRule([]string{"Hub.internal", "hub-2"})
	f := func(host string, want bool) {
		t.Helper()
		if got := rule.allows(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	f("localhost", true)
	f("LOCALHOST:8081", true)
	f("hub.localhost:8081", true)
	f("127.0.0.1:8081", true)
	f("[::1]:8081", true)
	f("[::1]", true)
	f("10.1.2.3", true)
	f("hub.internal", true)
	f("HUB.INTERNAL.:80", true)
	f("hub-2:1", true)
	f("evil.example", false)
	f("evil.example:8081", false)
	f("localhost.evil.example", false)
	f("127.0.0.1.evil.example", false)
	f("evillocalhost", false)
	f("x.hub.internal", false)
	f("2130706433", false)
	f("", false)
}

// A page whose name was made to resolve to this machine reaches a loopback
// listener, but not what is behind it.
func TestHosts_DNSRebinding(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.InternalHosts = []string{"hub.internal"} })
	f := func(host string, status int) {
		t.Helper()
		for _, target := range []string{"/metrics", "/api/stats", "/debug/pprof/", "/livez", "/nothing"} {
			r := exchange(t, h.internal, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\n"+apiKeyHeader(presenceKey)+"\r\n\r\n")
			if (r.status() == 421) != (status == 421) {
				t.Errorf("%s %s: got %d", host, target, r.status())
			}
		}
	}
	f("evil.example:8081", 421)
	f("localhost", 200)
	f("hub.internal", 200)
	f("127.0.0.1:8081", 200)
	exchange(t, h.internal, "GET /livez HTTP/1.0\r\n\r\n").want(t, 200, "")
	exchange(t, h.public, "GET /livez HTTP/1.1\r\nHost: any.example\r\n\r\n").want(t, 200, "")
}

func TestOnLoopback(t *testing.T) {
	f := func(addr net.Addr, want bool) {
		t.Helper()
		if got := onLoopback(addr); got != want {
			t.Errorf("%v: %v", addr, got)
		}
	}
	f(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, true)
	f(&net.TCPAddr{IP: net.IPv6loopback}, true)
	f(&net.UnixAddr{Name: "/run/hub"}, true)
	f(&net.TCPAddr{IP: net.IPv4zero}, false)
	f(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, false)
	f(&net.UDPAddr{}, false)
}
