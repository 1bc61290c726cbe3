package main

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// floor is the least that a server can do: one thread, one epoll set, and for a
// broadcast one write(2) a socket. It checks no token, keeps no log, has no
// limits, drops events for a socket that is full, and so is no hub. What a hub
// costs more than this is what its own work costs.
type floor struct {
	epfd, listener int
	conns          []*floorConn            // by descriptor, nil if unused
	streams        []*floorConn            // the open ones, in no order
	users          map[string]*floorConn   // by address
	topics         map[string][]*floorConn // by address
	seq            uint64
	buf            [64 << 10]byte
	frame          []byte
}

// floorConn is a connection: a publisher's until it asks for a stream.
type floorConn struct {
	fd     int
	at     int    // its place in streams, -1 for a publisher
	user   string // the last stream of a user is the one that gets its messages
	topic  string // empty if it is in none
	broken bool   // a frame was cut off by a full socket
	in     []byte // an incomplete request
}

// serveFloor serves on a listener until the process is killed.
func serveFloor(ln *net.TCPListener) error {
	runtime.LockOSThread()
	f, err := newFloor(ln)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	return f.loop()
}

func newFloor(ln *net.TCPListener) (*floor, error) {
	f := &floor{users: map[string]*floorConn{}, topics: map[string][]*floorConn{}}
	raw, err := ln.SyscallConn()
	if err != nil {
		return nil, err
	}
	if cerr := raw.Control(func(fd uintptr) {
		// A descriptor of our own, outside the runtime's poller. Accepted
		// sockets inherit TCP_NODELAY from it.
		if f.listener, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			err = unix.SetsockoptInt(f.listener, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		}
	}); cerr != nil {
		return nil, cerr
	}
	if err != nil {
		return nil, err
	}
	if f.epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	return f, f.watch(f.listener)
}

func (f *floor) watch(fd int) error {
	return unix.EpollCtl(f.epfd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(fd)})
}

// loop waits by a raw system call: the thread is the process's only one with
// work, and the runtime has no use for it meanwhile.
func (f *floor) loop() error {
	var events [256]unix.EpollEvent
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(f.epfd),
			uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), ^uintptr(0), 0, 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return fmt.Errorf("epoll_wait: %w", errno)
		}
		for _, ev := range events[:n] {
			if int(ev.Fd) == f.listener {
				f.accept()
			} else if c := f.conns[ev.Fd]; c != nil {
				f.read(c)
			}
		}
	}
}

func (f *floor) accept() {
	for {
		fd, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(f.listener), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		if errno != 0 {
			return
		}
		for len(f.conns) <= int(fd) {
			f.conns = append(f.conns, nil)
		}
		c := &floorConn{fd: int(fd), at: -1}
		f.conns[fd] = c
		if f.watch(c.fd) != nil {
			f.drop(c)
		}
	}
}

// read takes what has come: a request, or the end of the connection. Bytes on a
// stream are thrown away.
func (f *floor) read(c *floorConn) {
	kept := copy(f.buf[:], c.in)
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(c.fd), uintptr(unsafe.Pointer(&f.buf[kept])), uintptr(len(f.buf)-kept))
	if errno == unix.EAGAIN {
		return
	}
	if errno != 0 || n == 0 || kept+int(n) == len(f.buf) {
		f.drop(c)
		return
	}
	if c.at >= 0 {
		return
	}
	data := f.buf[:kept+int(n)]
	head, body, ok := bytes.Cut(data, []byte("\r\n\r\n"))
	if !ok || !f.request(c, head, body) {
		c.in = append(c.in[:0], data...)
		return
	}
	c.in = c.in[:0]
}

// request handles a request and reports whether it was complete.
func (f *floor) request(c *floorConn, head, body []byte) bool {
	if bytes.HasPrefix(head, []byte("GET ")) {
		f.subscribe(c, head)
		return true
	}
	_, length, _ := bytes.Cut(head, []byte("Content-Length: "))
	length, _, _ = bytes.Cut(length, []byte("\r\n"))
	if n, err := strconv.Atoi(string(length)); err == nil && n > len(body) {
		return false
	}
	f.publish(c, body)
	return true
}

func (f *floor) subscribe(c *floorConn, head []byte) {
	user, ok := tokenUser(bearerToken(head))
	if !ok {
		f.write(c, []byte(badReply))
		return
	}
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	c.user, c.topic, c.at, c.in = "user/"+user, topicOf(line), len(f.streams), nil
	f.streams = append(f.streams, c)
	f.users[c.user] = c
	if c.topic != "" {
		f.topics[c.topic] = append(f.topics[c.topic], c)
	}
	f.write(c, []byte(streamHead+streamHello))
}

func (f *floor) publish(c *floorConn, body []byte) {
	to, data, ok := parseMessage(body)
	if !ok {
		f.write(c, []byte(badReply))
		return
	}
	f.seq++
	f.frame = appendFrame(f.frame[:0], f.seq, data)
	if to == nil {
		for _, s := range f.streams {
			f.write(s, f.frame)
		}
	} else if s := f.users[string(to)]; s != nil {
		f.write(s, f.frame)
	} else {
		for _, s := range f.topics[string(to)] {
			f.write(s, f.frame)
		}
	}
	f.write(c, []byte(publishReply))
}

// write writes once. What does not fit is dropped; after half a frame nothing
// more is written, so that the client sees a stream that stopped, not garbage.
func (f *floor) write(c *floorConn, p []byte) {
	if c.broken {
		return
	}
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(c.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	c.broken = errno == 0 && int(n) < len(p)
}

// drop closes a connection; the last stream takes its place.
func (f *floor) drop(c *floorConn) {
	if c.at >= 0 {
		last := f.streams[len(f.streams)-1]
		f.streams[c.at], last.at = last, c.at
		f.streams = f.streams[:len(f.streams)-1]
		if f.users[c.user] == c {
			delete(f.users, c.user)
		}
		if c.topic != "" {
			f.topics[c.topic] = slices.DeleteFunc(f.topics[c.topic], func(o *floorConn) bool { return o == c })
		}
	}
	f.conns[c.fd] = nil
	_ = unix.Close(c.fd)
}
