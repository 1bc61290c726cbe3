package transport

import (
	"fmt"

	"golang.org/x/sys/unix"

	"example.org/hub/actors"
)

// add begins the watch over a stream. Events may reach the owner before it returns.
func (p *poller) add(st *ownStream, owner actors.StreamOwner) error {
	page := p.slots.makePage(st.fd)
	page.mu.Lock()
	st.gen = p.gen.Add(1)
	st.owner = owner
	*page.slot(st.fd) = st
	page.mu.Unlock()
	return p.control(unix.EPOLL_CTL_ADD, st, watched)
}

// awaitRoom has the owner told when the full socket takes bytes again. The mark
// is set before the kernel is asked, or its answer could come too early.
func (p *poller) awaitRoom(st *ownStream) error {
	page := p.slots.makePage(st.fd)
	page.mu.Lock()
	if !st.waiting {
		st.waiting = true
		p.count.waiting.Add(1)
	}
	page.mu.Unlock()
	return p.control(unix.EPOLL_CTL_MOD, st, watched|unix.EPOLLOUT)
}

// remove ends the watch. After it the poller does not touch the descriptor, so
// that its number may be closed. The kernel drops the registration with the
// socket; what it still reports until then names a generation that is gone.
func (p *poller) remove(st *ownStream) {
	page := p.slots.page(st.fd)
	if page == nil {
		return
	}
	page.mu.Lock()
	defer page.mu.Unlock()
	if slot := page.slot(st.fd); *slot == st {
		*slot = nil
	}
	if st.waiting {
		st.waiting = false
		p.count.waiting.Add(-1)
	}
	st.owner = nil
}

// control is epoll_ctl(2), kept from hitting a reused number after close.
func (p *poller) control(op int, st *ownStream, events uint32) error {
	var err error
	cerr := p.conn.Control(func(epfd uintptr) {
		ev := unix.EpollEvent{Events: events, Fd: st.fd, Pad: int32(st.gen)}
		err = unix.EpollCtl(int(epfd), op, int(st.fd), &ev)
	})
	if cerr != nil {
		return fmt.Errorf("watch socket: %w", cerr)
	}
	if err != nil {
		return fmt.Errorf("watch socket: %w", err)
	}
	return nil
}
