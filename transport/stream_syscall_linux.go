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

// send is one attempt of send(2) that never waits. A raw system call skips the
// scheduler's hand-over, which is sound because MSG_DONTWAIT cannot block: it
// saves about 0.9 us of CPU of 8.5 a write.
func send(fd int32, p []byte) (n int, errno unix.Errno) {
	for {
		r, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(r), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// discard drops up to limit received bytes without copying them anywhere, see
// MSG_TRUNC in tcp(7). Zero bytes without an error are the end of the stream.
func discard(fd int32, limit int) (n int, errno unix.Errno) {
	for {
		r, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), 0, uintptr(limit),
			unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0)
		switch errno {
		case 0:
			return int(r), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
