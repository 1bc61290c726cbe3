//go:build !linux

package transport

import (
	"net"

	"example.org/hub/actors"
)

// own takes no connection: descriptors of our own need epoll.
func (*streams) own(net.Conn, func(), refusal) (actors.Stream, bool, error) {
	return nil, false, nil
}

// poller has nothing to watch here.
type poller struct{}

func newPoller(int, *streamCounters) (*poller, error) { return &poller{}, nil }

func (*poller) close() error { return nil }
