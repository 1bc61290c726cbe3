package transport

import (
	"net"
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"
)

// hostRule says by which names the internal listener may be addressed. A page
// of a hostile site can make its own name resolve to this machine (DNS
// rebinding) and would then reach a loopback listener from within; but the
// Host header still carries that name.
type hostRule struct {
	names map[string]bool // lower case, without port
}

func newHostRule(names []string) hostRule {
	r := hostRule{names: map[string]bool{"localhost": true}}
	for _, name := range names {
		r.names[strings.ToLower(strings.TrimSuffix(name, "."))] = true
	}
	return r
}

// allows reports whether host, with or without a port, is a listed name or an
// address. Addresses are safe: no resolver stands between them and this machine.
func (r *hostRule) allows(host string) bool {
	name := host
	if i := strings.LastIndexByte(host, ':'); i > 0 && (host[i-1] == ']' || strings.IndexByte(host, ':') == i) {
		name = host[:i]
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if r.names[name] || strings.HasSuffix(name, ".localhost") { // RFC 6761 section 6.3
		return true
	}
	_, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"))
	return err == nil
}

// checkHost applies the rule on a loopback listener always, and on others if
// names were configured: in a cluster the names are many and nothing is gained.
func (s *Server) checkHost(rc *fasthttp.RequestCtx) error {
	if !s.hostsChecked.Load() {
		return nil
	}
	host := rc.Request.Header.Host()
	if len(host) == 0 || s.hosts.allows(string(host)) { // only HTTP/1.0 has none, and browsers do not speak it
		return nil
	}
	return errMisdirected
}

// onLoopback reports whether only this machine can reach the listener.
func onLoopback(addr net.Addr) bool {
	switch a := addr.(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	case *net.UnixAddr:
		return true
	}
	return false
}
