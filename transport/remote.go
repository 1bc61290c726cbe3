package transport

import (
	"bytes"
	"net"
	"net/netip"
	"slices"

	"github.com/valyala/fasthttp"
)

// maxHops is how many hops of X-Forwarded-For are looked at.
const maxHops = 32

// remoteRule finds a client's address behind trusted proxies.
type remoteRule struct {
	trusted []netip.Prefix
	unix    bool // peers on Unix sockets are proxies
}

func (r *remoteRule) trusts(addr netip.Addr) bool {
	for _, p := range r.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// address returns the right-most hop that no trusted proxy vouches for: each
// proxy appends whom it was called by, so everything left of a stranger's
// address is the stranger's invention. The peer itself counts as the last hop.
func (r *remoteRule) address(rc *fasthttp.RequestCtx) netip.Addr {
	peer := rc.RemoteAddr()
	addr := peerAddr(peer)
	proxied := r.unix && isUnix(peer) || len(r.trusted) > 0 && r.trusts(addr)
	if !proxied {
		return addr
	}
	hops := rc.Request.Header.PeekAll("X-Forwarded-For")
	seen := 0
	for _, list := range slices.Backward(hops) {
		for len(list) > 0 {
			var hop []byte
			if comma := bytes.LastIndexByte(list, ','); comma >= 0 {
				list, hop = list[:comma], list[comma+1:]
			} else {
				list, hop = nil, list
			}
			next, ok := parseHop(hop)
			if seen++; !ok || seen > maxHops {
				return addr // the last one that a trusted proxy saw
			}
			addr = next
			if !r.trusts(addr) {
				return addr
			}
		}
	}
	return addr
}

// parseHop reads an address as proxies write it: bare, with a port, or in
// brackets. Zones have no meaning on another machine and are refused.
func parseHop(hop []byte) (netip.Addr, bool) {
	text := string(bytes.TrimSpace(hop))
	addr, err := netip.ParseAddr(text)
	if err != nil {
		var withPort netip.AddrPort
		if withPort, err = netip.ParseAddrPort(text); err == nil {
			addr = withPort.Addr()
		} else if n := len(text); n > 2 && text[0] == '[' && text[n-1] == ']' {
			addr, err = netip.ParseAddr(text[1 : n-1])
		}
	}
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

func peerAddr(addr net.Addr) netip.Addr {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
