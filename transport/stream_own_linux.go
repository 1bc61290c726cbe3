package transport

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"

	"example.org/hub/actors"
)

// ownStream is a connection on a descriptor of its own, outside of Go's
// netpoller: 48 bytes, and 8 in the poller's slots.
//
// The kernel reuses descriptor numbers at once, so every use of one must know
// that it still stands for the same socket:
//
//   - fd belongs to the owner, whose calls never overlap. It alone writes and
//     closes, and the number is gone from here before it is closed.
//   - The poller uses a number only under the lock of its slot, and only while
//     the slot holds the stream that the event names by number and generation.
//     Close empties the slot under that lock before it closes the number.
type ownStream struct {
	fd  int32  // -1 once closed
	gen uint32 // tells the streams apart that had this number one after another

	// Guarded by the slot's lock once Start was called.
	received uint32 // bytes that the client sent
	waiting  bool   // the owner is to be told of room
	gone     bool   // the owner was told of the hang-up
	owner    actors.StreamOwner

	set     *streams
	onClose func()
}

// own takes the connection if it is a bare socket.
func (s *streams) own(conn net.Conn, onClose func(), refuse refusal) (actors.Stream, bool, error) {
	c, ok := conn.(*socket)
	if !ok {
		return nil, false, nil
	}
	fd, err := c.take()
	if err != nil {
		return nil, false, err
	}
	return &ownStream{fd: int32(fd), set: s, owner: refuse, onClose: onClose}, true, nil
}

// Start implements actors.Stream.
func (st *ownStream) Start(owner actors.StreamOwner) error {
	if st.fd < 0 {
		return net.ErrClosed
	}
	return st.set.poller.add(st, owner)
}

// TryWrite implements actors.Stream. The errors are those of send(2), such as
// ECONNRESET and EPIPE, and net.ErrClosed after Close.
func (st *ownStream) TryWrite(p []byte) (n int, err error) {
	if st.fd < 0 {
		return 0, net.ErrClosed
	}
	for n < len(p) {
		piece := p[n:min(len(p), n+maxSend)]
		took, errno := send(st.fd, piece)
		if errno != 0 && errno != unix.EAGAIN {
			return n, fmt.Errorf("write to socket: %w", errno)
		}
		n += took
		if took < len(piece) { // full: the kernel would have taken more
			return n, st.set.poller.awaitRoom(st)
		}
	}
	return n, nil
}

// Refuse implements actors.Stream. What the client sent is read first: a socket
// closed with unread bytes is reset, and the answer might be lost.
func (st *ownStream) Refuse(reason actors.Reason) {
	if st.fd < 0 {
		return
	}
	if refuse, ok := st.owner.(refusal); ok && refuse != nil {
		discard(st.fd, maxDiscard)
		send(st.fd, refuse(reason))
	}
	st.Close()
}

// Close implements actors.Stream. The kernel goes on sending what it has and
// then a FIN.
func (st *ownStream) Close() {
	fd := st.fd
	if fd < 0 {
		return
	}
	st.set.poller.remove(st)
	st.fd = -1
	_ = unix.Close(int(fd)) // Linux frees the number whatever it returns
	st.set.ended(st.onClose)
	st.onClose = nil
}
