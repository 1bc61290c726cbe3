//go:build !linux

package transport

import "net"

// setOptions passes on what Go sets by itself on every accepted connection.
func setOptions(lc *net.ListenConfig, cfg *ListenConfig) {
	lc.KeepAlive = -1
	lc.KeepAliveConfig = cfg.KeepAlive
}
