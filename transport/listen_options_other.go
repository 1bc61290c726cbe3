//go:build !linux

package transport

import "net"

// setOptions passes on what Go sets by itself on every accepted connection.
func setOptions(lc *net.ListenConfig, cfg *ListenConfig) {
	lc.KeepAlive = -1
	lc.KeepAliveConfig = cfg.KeepAlive
}

// acceptSockets changes nothing: raw system calls are for Linux.
func acceptSockets(ln net.Listener, _ *ListenConfig, _ string) (net.Listener, error) { return ln, nil }

// adoptOptions sets none: whoever opened the listener has.
func adoptOptions(net.Listener, *ListenConfig) error { return nil }
