package transport

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.org/hub/actors"
)

// The tests of this file show that nothing late reaches a socket that got the
// number of a closed stream. Each fails when the guard that it names is removed.

// occupy takes every free descriptor number up to n, so that the next one to be
// freed at or below n is the next one to be given out.
func occupy(t *testing.T, n int32) {
	t.Helper()
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		if fd > int(n) {
			return
		}
	}
}

func number(l *link) int32 { return l.Stream.(*ownStream).fd }

// stranger puts another socket on a number that was just freed. Its peer has
// sent one byte.
func stranger(t *testing.T, n int32) (sock *net.TCPConn, peer net.Conn, put func()) {
	t.Helper()
	peer, sock = tcpPair(t)
	t.Cleanup(func() { _ = sock.Close(); _ = peer.Close() })
	if _, err := peer.Write([]byte("!")); err != nil {
		t.Fatal(err)
	}
	return sock, peer, func() {
		fd, err := duplicate(sock)
		if err != nil || int32(fd) != n {
			t.Errorf("stranger: got number %d, %v, want %d", fd, err, n)
			return
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
	}
}

// duplicate returns a second descriptor of a socket.
func duplicate(tcp *net.TCPConn) (fd int, err error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1, err
	}
	cerr := raw.Control(func(orig uintptr) { fd, err = unix.FcntlInt(orig, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(cerr, err)
}

// wantByte checks that the stranger still has its byte.
func wantByte(t *testing.T, sock *net.TCPConn) {
	t.Helper()
	_ = sock.SetReadDeadline(time.Now().Add(time.Second))
	if n, err := sock.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Errorf("the stranger's byte is gone: read %d, %v", n, err)
	}
}

// heldOwner holds the poller in its first Hangup until it is let go.
type heldOwner struct {
	*owner
	entered chan<- *heldOwner
	release <-chan struct{}
	once    sync.Once
}

func (o *heldOwner) Hangup(r actors.Reason) {
	o.once.Do(func() { o.entered <- o; <-o.release })
	o.owner.Hangup(r)
}

// TestPoller_StaleEvent has two hang-ups in one batch. While the poller tells
// the first owner, the other stream is closed and a new one gets its number:
// the hang-up that is still to come in the batch is not the new stream's. The
// guard is the comparison of generations in handle.
func TestPoller_StaleEvent(t *testing.T) {
	set := newTestStreams(t)
	kind := transportKinds(t)[0]
	entered, release := make(chan *heldOwner, 3), make(chan struct{})
	held := func() (*link, *heldOwner) {
		l := connect(t, set, kind)
		t.Cleanup(l.Close)
		o := &heldOwner{owner: l.owner, entered: entered, release: release}
		if err := l.Start(o); err != nil {
			t.Fatal(err)
		}
		return l, o
	}
	first, _ := held()
	a, ownerA := held()
	b, ownerB := held()
	fresh := connect(t, set, kind) // still on its way: its stream is taken below
	defer fresh.Close()

	_ = first.client.Close()
	receive(t, entered, "hang-up of the first stream") // the poller is held here
	_ = a.client.Close()
	_ = b.client.Close()
	awaitHangup(t, number(a))
	awaitHangup(t, number(b))
	release <- struct{}{}

	victim := map[*heldOwner]*link{ownerA: b, ownerB: a}[receive(t, entered, "the next hang-up")]
	freed := number(victim)
	occupy(t, max(freed, number(fresh)))
	victim.Close()
	moveTo(t, fresh, freed)
	if err := fresh.Start(fresh.owner); err != nil {
		t.Fatal(err)
	}
	close(release)

	await(t, "the stale event", func() bool { return set.stats().StaleEvents == 1 || len(fresh.owner.hangup) > 0 })
	if len(fresh.owner.hangup) > 0 {
		t.Fatal("a new stream got the hang-up of the one that had its number")
	}
	fresh.write(t, []byte("mine"))
	if got := fresh.read(t, 4); got != "mine" {
		t.Errorf("got %q", got)
	}
}

// moveTo gives a stream that was not started yet the number that was just freed.
func moveTo(t *testing.T, l *link, want int32) {
	t.Helper()
	st := l.Stream.(*ownStream)
	fd, err := unix.FcntlInt(uintptr(st.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil || int32(fd) != want {
		t.Fatalf("got number %d, %v, want %d", fd, err, want)
	}
	_ = unix.Close(int(st.fd))
	st.fd = int32(fd)
}

// awaitHangup waits until the kernel has seen the client leave.
func awaitHangup(t *testing.T, fd int32) {
	t.Helper()
	fds := []unix.PollFd{{Fd: fd, Events: unix.POLLRDHUP}}
	for {
		n, err := unix.Poll(fds, int(patience.Milliseconds()))
		if n == 1 {
			return
		}
		if !errors.Is(err, unix.EINTR) {
			t.Fatalf("poll: %d, %v", n, err)
		}
	}
}

// TestOwnStream_CloseDuringRead closes a stream while the poller is about to
// read from it, and hands its number to another socket at once. The guard is
// the slot's lock, in handle and in remove.
func TestOwnStream_CloseDuringRead(t *testing.T) {
	set := newTestStreams(t)
	entered, release := make(chan struct{}), make(chan struct{})
	set.poller.discard = func(fd int32, limit int) (int, unix.Errno) {
		close(entered)
		<-release
		return discard(fd, limit)
	}
	l := start(t, set, transportKinds(t)[0])
	freed := number(l)
	sock, _, put := stranger(t, freed)
	occupy(t, freed)
	if _, err := l.client.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	receive(t, entered, "read by the poller")
	closed := make(chan struct{})
	go func() { l.Close(); put(); close(closed) }()
	select {
	case <-closed:
		t.Error("the number was freed while the poller used it")
	case <-time.After(20 * time.Millisecond):
	}
	close(release)
	receive(t, closed, "close")
	wantByte(t, sock)
}

// TestPoller_EventAfterClose lets an event arrive for a stream that is closed,
// whose number a socket has that is no stream. The guard is that remove empties
// the slot.
func TestPoller_EventAfterClose(t *testing.T) {
	set := newTestStreams(t)
	l := start(t, set, transportKinds(t)[0])
	st := l.Stream.(*ownStream)
	freed := st.fd
	sock, _, put := stranger(t, freed)
	occupy(t, freed)
	l.Close()
	put()
	set.poller.handle(&unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT, Fd: freed, Pad: int32(st.gen)})
	wantByte(t, sock)
	if got := set.stats(); got.DiscardedBytes != 0 || got.StaleEvents != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestOwnStream_LateWriteAndClose goes on using a stream that was closed. The
// guard is that Close forgets the number.
func TestOwnStream_LateWriteAndClose(t *testing.T) {
	set := newTestStreams(t)
	l := start(t, set, transportKinds(t)[0])
	freed := number(l)
	sock, peer, put := stranger(t, freed)
	occupy(t, freed)
	l.Close()
	put()
	if _, err := l.TryWrite([]byte("late")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("TryWrite: got %v, want net.ErrClosed", err)
	}
	l.Refuse(actors.RefusedDraining)
	l.Close()
	if _, err := unix.FcntlInt(uintptr(freed), unix.F_GETFD, 0); err != nil {
		t.Errorf("the stranger's number was closed: %v", err)
	}
	wantByte(t, sock)
	_ = sock.CloseWrite()
	if n, _ := peer.Read(make([]byte, 8)); n != 0 {
		t.Errorf("the stranger's peer got %d bytes", n)
	}
}
