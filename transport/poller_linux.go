package transport

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"example.org/hub/actors"
)

// pollBatch is how many events are taken at once. Between two full batches
// others run: ten thousand clients that leave together do not hold up writers.
const pollBatch = 256

// watched are the events of every stream: what the client sends, and its end.
// EPOLLERR and EPOLLHUP come by themselves. Edge-triggered, an event is told once.
const watched = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET

// poller notices hang-ups, bytes that clients send, and room in sockets that
// were full. It has an epoll instance of its own, which in turn is watched by
// Go's netpoller: no thread waits in epoll_wait(2), and the goroutine is woken
// like that of any connection.
//
// EPOLLOUT is asked for only when a socket was full. EPOLL_CTL_MOD looks at the
// socket anew, so room that appeared between EAGAIN and the call is reported
// all the same, and connections that are never full cost no event.
type poller struct {
	epoll     *os.File
	conn      syscall.RawConn
	slots     slots
	gen       atomic.Uint32
	maxClient int // bytes that a client may send
	discard   func(fd int32, limit int) (int, unix.Errno)
	count     *streamCounters
	done      chan struct{}
}

func newPoller(maxClient int, count *streamCounters) (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // or os.NewFile leaves it out of the netpoller
		_ = unix.Close(fd)
		return nil, fmt.Errorf("set epoll non-blocking: %w", err)
	}
	p := &poller{
		epoll:     os.NewFile(uintptr(fd), "epoll"),
		maxClient: maxClient,
		discard:   discard,
		count:     count,
		done:      make(chan struct{}),
	}
	if p.conn, err = p.epoll.SyscallConn(); err != nil {
		_ = p.epoll.Close()
		return nil, fmt.Errorf("reach epoll: %w", err)
	}
	go p.run()
	return p, nil
}

// close ends the goroutine and waits for it. A second close does nothing.
func (p *poller) close() error {
	err := p.epoll.Close()
	<-p.done
	if err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close epoll: %w", err)
	}
	return nil
}

// run handles events until close.
func (p *poller) run() {
	defer close(p.done)
	var events [pollBatch]unix.EpollEvent
	_ = p.conn.Read(func(epfd uintptr) (done bool) {
		for {
			n, err := unix.EpollWait(int(epfd), events[:], 0)
			for i := range max(n, 0) {
				p.handle(&events[i])
			}
			switch {
			case errors.Is(err, unix.EINTR):
			case err != nil:
				return true
			case n < len(events):
				return false // sleep until there are more
			}
			runtime.Gosched()
		}
	})
}

// handle looks at one event and tells the owner. By the time that it is told,
// the owner may have closed the stream.
func (p *poller) handle(ev *unix.EpollEvent) {
	page := p.slots.page(ev.Fd)
	if page == nil {
		return
	}
	page.mu.Lock()
	st := *page.slot(ev.Fd)
	if st == nil || st.gen != uint32(ev.Pad) {
		page.mu.Unlock()
		p.count.stale.Add(1)
		return
	}
	owner := st.owner
	room, reason := p.inspect(st, ev)
	page.mu.Unlock()

	if room {
		owner.Writable()
	}
	if reason != "" {
		p.count.hangup(reason)
		owner.Hangup(reason)
	}
}

// inspect says what an event means for the stream. Called with the slot's lock.
func (p *poller) inspect(st *ownStream, ev *unix.EpollEvent) (room bool, reason actors.Reason) {
	if st.gone {
		return false, ""
	}
	if ev.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		st.gone = true
		return false, actors.ReasonClient
	}
	if ev.Events&unix.EPOLLIN != 0 {
		if reason = p.receive(st, ev.Fd); reason != "" {
			st.gone = true
			return false, reason
		}
	}
	if ev.Events&unix.EPOLLOUT != 0 && st.waiting {
		st.waiting = false
		p.count.waiting.Add(-1)
		room = true
	}
	return room, ""
}

// receive drops what the client sent. It asks for one byte more than is still
// allowed, so that one call either empties the socket or proves the excess.
func (p *poller) receive(st *ownStream, fd int32) actors.Reason {
	n, errno := p.discard(fd, p.maxClient-int(st.received)+1)
	switch {
	case errno == unix.EAGAIN:
		return ""
	case errno != 0 || n == 0:
		return actors.ReasonClient
	}
	p.count.discarded.Add(uint64(n))
	st.received += uint32(n)
	if int(st.received) > p.maxClient {
		return actors.ReasonClientData
	}
	return ""
}
