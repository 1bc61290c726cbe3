//go:build !linux

package swarm

import (
	"net/netip"
	"syscall"
	"time"
)

const (
	errAgain = syscall.EAGAIN
	wakeID   = ^uint32(0)
)

type ready struct {
	id      uint32
	in, out bool
	hangup  bool
	wokenUp bool
}

// poller does not exist here: newPoller fails, and so nothing below is reached.
type poller struct{}

func newPoller() (*poller, error) { return nil, ErrUnsupported }

func (*poller) add(int, uint32) error                        { return ErrUnsupported }
func (*poller) wait([]ready, time.Duration) ([]ready, error) { return nil, ErrUnsupported }
func (*poller) wake()                                        {}
func (*poller) close()                                       {}

func dial(netip.AddrPort, netip.Addr, int) (int, error) { return -1, ErrUnsupported }
func socketError(int) error                             { return ErrUnsupported }
func readSocket(int, []byte) (int, syscall.Errno)       { return 0, syscall.ENOSYS }
func writeSocket(int, []byte) (int, syscall.Errno)      { return 0, syscall.ENOSYS }
func closeSocket(int)                                   {}
