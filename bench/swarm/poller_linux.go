package swarm

import (
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wakeID is the id under which a poller knows its own eventfd.
const wakeID = ^uint32(0)

// ready is one event of a poller.
type ready struct {
	id      uint32
	in, out bool
	hangup  bool // the other side ended its half, or the socket failed
	wokenUp bool // by wake, from another goroutine
}

// poller is an edge-triggered epoll set with an eventfd to wake it.
type poller struct {
	epfd, evfd int
	buf        [256]unix.EpollEvent
	woken      atomic.Bool
}

func newPoller() (*poller, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	evfd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epfd)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	p := &poller{epfd: epfd, evfd: evfd}
	if err := p.add(evfd, wakeID); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// add watches fd for everything, by edge. Writability of a stream is seen once,
// when it is connected; later edges come only after a write found no room.
func (p *poller) add(fd int, id uint32) error {
	ev := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET&0xffffffff,
		Fd:     int32(id),
	}
	if err := unix.EpollCtl(p.epfd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

// wait returns what is ready. It waits for at most the given time, for ever if
// that is negative; an interrupted wait returns nothing.
func (p *poller) wait(dst []ready, timeout time.Duration) ([]ready, error) {
	n, errno := p.epollWait(timeout)
	if errno == unix.EINTR {
		return dst[:0], nil
	}
	if errno != 0 {
		return nil, fmt.Errorf("epoll_wait: %w", errno)
	}
	dst = dst[:0]
	for _, ev := range p.buf[:n] {
		if uint32(ev.Fd) == wakeID {
			p.drain()
			dst = append(dst, ready{id: wakeID, wokenUp: true})
			continue
		}
		dst = append(dst, ready{
			id:     uint32(ev.Fd),
			in:     ev.Events&unix.EPOLLIN != 0,
			out:    ev.Events&unix.EPOLLOUT != 0,
			hangup: ev.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0,
		})
	}
	return dst, nil
}

// epollWait first looks without waiting and without telling the Go scheduler:
// while there is work, a call costs what it costs in C. Then it waits with a
// timeout in nanoseconds (epoll_pwait2, Linux 5.11), for the schedules of
// publishers are finer than the milliseconds of epoll_wait.
func (p *poller) epollWait(timeout time.Duration) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epfd),
		uintptr(unsafe.Pointer(&p.buf[0])), uintptr(len(p.buf)), 0, 0, 0)
	if errno != 0 || n > 0 || timeout == 0 {
		return int(n), errno
	}
	var ts *unix.Timespec
	if timeout > 0 {
		t := unix.NsecToTimespec(int64(timeout))
		ts = &t
	}
	n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.epfd),
		uintptr(unsafe.Pointer(&p.buf[0])), uintptr(len(p.buf)), uintptr(unsafe.Pointer(ts)), 0, 0)
	return int(n), errno
}

// wake makes a wait of another goroutine return. Calls between two waits count once.
func (p *poller) wake() {
	if p.woken.Swap(true) {
		return
	}
	one := [8]byte{1}
	_, _ = unix.Write(p.evfd, one[:]) // fails only when the counter is full: then it is woken anyway
}

func (p *poller) drain() {
	var buf [8]byte
	_, _ = unix.Read(p.evfd, buf[:])
	p.woken.Store(false)
}

func (p *poller) close() {
	_ = unix.Close(p.evfd)
	_ = unix.Close(p.epfd)
}
