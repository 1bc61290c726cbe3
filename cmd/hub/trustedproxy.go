package main

import (
	"net/netip"

	"example.org/hub/transport"
)

// trustedProxy is one value of --trusted-proxy: a network, or "unix" for whoever
// connects by a Unix socket.
type trustedProxy struct {
	network netip.Prefix
	unix    bool
}

const unixPeers = "unix"

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *trustedProxy) UnmarshalText(text []byte) error {
	if string(text) == unixPeers {
		*t = trustedProxy{unix: true}
		return nil
	}
	return t.network.UnmarshalText(text) //nolint:wrapcheck // says what it is
}

// String returns the value as it was given.
func (t trustedProxy) String() string {
	if t.unix {
		return unixPeers
	}
	return t.network.String()
}

// trustProxies puts them into the configuration of HTTP.
func trustProxies(cfg *transport.Config, proxies []trustedProxy) {
	for _, p := range proxies {
		if p.unix {
			cfg.TrustUnixPeers = true
		} else {
			cfg.TrustedProxies = append(cfg.TrustedProxies, p.network)
		}
	}
}
