package main

import (
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/coreos/go-systemd/v22/activation"

	"example.org/hub/transport"
)

// inherited returns the sockets that systemd has opened for the hub (sd_listen_fds(3)),
// by their names. The process gets them once.
var inherited = sync.OnceValues(activation.ListenersWithNames)

// listenerNames are the names that FileDescriptorName= may give, those of the log.
var listenerNames = []string{"public", "internal", "health"}

// checkInherited refuses sockets that would stay without anybody who serves them.
func checkInherited() error {
	all, err := inherited()
	if err != nil {
		return fmt.Errorf("inherit sockets: %w", err)
	}
	for name, lns := range all {
		if !slices.Contains(listenerNames, name) || len(lns) != 1 {
			return configErrorf("%d sockets from systemd with the name %q: FileDescriptorName= is one of %q, each once", len(lns), name, listenerNames)
		}
	}
	return nil
}

// open opens a listener: what systemd has opened goes before the address.
func (n *node) open(name, addr string, cfg transport.ListenConfig) (net.Listener, error) {
	all, _ := inherited() // checkInherited has told the error
	lns := all[name]
	if len(lns) == 0 {
		return transport.Listen(addr, cfg)
	}
	return transport.Adopt(lns[0], cfg)
}

// listenerText returns an address as --listen has it.
func listenerText(addr net.Addr) string {
	if addr.Network() == "unix" {
		return transport.UnixPrefix + addr.String()
	}
	return addr.String()
}
