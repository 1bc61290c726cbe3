package transport

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxSend is what one send(2) is given at most, in bytes. A small socket buffer
// filled by one large write goes out as a single segment on loopback, where the
// segment size is 64 KiB. The client's kernel then delays its acknowledgement
// by 40 ms, and 1 MiB to a proxy on the same host goes at 2 MB/s. In pieces of
// 16 KiB it goes at 2,400 MB/s, whatever the size of the buffer.
const maxSend = 16 << 10

// maxDiscard is what Refuse reads from a client at most, in bytes.
const maxDiscard = 64 << 10

// send is one attempt of send(2) that never waits.
func send(fd int32, p []byte) (n int, errno unix.Errno) {
	return attempt(unix.SYS_SENDTO, fd, unsafe.Pointer(unsafe.SliceData(p)), len(p), unix.MSG_NOSIGNAL)
}

// recv is one attempt of recv(2) that never waits. Zero bytes without an error are
// the end of the stream.
func recv(fd int32, p []byte) (n int, errno unix.Errno) {
	return attempt(unix.SYS_RECVFROM, fd, unsafe.Pointer(unsafe.SliceData(p)), len(p), 0)
}

// discard drops up to limit received bytes without copying them anywhere, see
// MSG_TRUNC in tcp(7). Unix sockets know no such thing: theirs are copied, in
// pieces. Zero bytes without an error are the end of the stream.
func discard(fd int32, limit int) (n int, errno unix.Errno) {
	if n, errno = attempt(unix.SYS_RECVFROM, fd, nil, limit, unix.MSG_TRUNC); errno != unix.EFAULT {
		return n, errno
	}
	var piece [512]byte
	for n = 0; n < limit; {
		took, errno := recv(fd, piece[:min(len(piece), limit-n)])
		if errno != 0 && n > 0 {
			break
		}
		if errno != 0 || took == 0 {
			return n, errno
		}
		n += took
	}
	return n, 0
}

// attempt is one system call on a socket. A raw one skips the scheduler's
// hand-over, which is sound because MSG_DONTWAIT cannot block: it saves about 0.9 us
// of CPU of 8.5 a write.
func attempt(trap uintptr, fd int32, p unsafe.Pointer, size, flags int) (n int, errno unix.Errno) {
	for {
		r, _, errno := unix.RawSyscall6(trap, uintptr(fd), uintptr(p), uintptr(size), uintptr(flags|unix.MSG_DONTWAIT), 0, 0)
		switch errno {
		case 0:
			return int(r), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
