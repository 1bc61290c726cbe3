package transport

import (
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.org/hub/actors"
)

// silent is an owner that nobody asks.
type silent struct{}

func (silent) Writable() {}

func (silent) Hangup(actors.Reason) {}

// rawClients opens so many streams to clients that are bare descriptors, unknown
// to Go's netpoller. It returns the streams and an epoll instance over the clients.
func rawClients(b *testing.B, set *streams, n int) (all []actors.Stream, clients []int, epoll int) {
	b.Helper()
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		b.Fatal(err)
	}
	all, conns := crowd(b, set, n, func(int) actors.StreamOwner { return silent{} })
	for _, c := range conns {
		fd, err := duplicate(c.(*net.TCPConn))
		if err != nil {
			b.Fatal(err)
		}
		_ = c.Close()
		ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			b.Fatal(err)
		}
		clients = append(clients, fd)
	}
	return all, clients, epoll
}

// drain reads what the clients get until stop is closed.
func drain(epoll int, stop <-chan struct{}) {
	events, buf := make([]unix.EpollEvent, 256), make([]byte, 64<<10)
	for {
		select {
		case <-stop:
			return
		default:
		}
		n, _ := unix.EpollWait(epoll, events, 20)
		for i := range max(n, 0) {
			_, _ = unix.Read(int(events[i].Fd), buf)
		}
	}
}

// cpuTime is what this process used, readers included.
func cpuTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkTryWrite writes an event of 200 bytes to one of 1,000 sockets after
// another. Both ends are in this process: cpu-ns/op counts the reader too.
func BenchmarkTryWrite(b *testing.B) {
	set, err := newStreams(defaultStreamConfig())
	if err != nil {
		b.Fatal(err)
	}
	all, clients, epoll := rawClients(b, set, 1000)
	stop := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() { drain(epoll, stop) })
	frame := []byte("data: " + strings.Repeat("x", 192) + "\n\n")
	b.ReportAllocs()
	i, full, cpu := 0, 0, cpuTime()
	for b.Loop() {
		n, err := all[i%len(all)].TryWrite(frame)
		if err != nil {
			b.Fatal(err)
		}
		if n < len(frame) {
			full++
		}
		i++
	}
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(full)/float64(b.N), "full/op")
	close(stop)
	reader.Wait()
	end(b, set, all, clients, epoll)
}

func end(b *testing.B, set *streams, all []actors.Stream, clients []int, epoll int) {
	b.Helper()
	for i := range all {
		all[i].Close()
		_ = unix.Close(clients[i])
	}
	_ = unix.Close(epoll)
	if err := set.close(); err != nil {
		b.Error(err)
	}
}

// BenchmarkOwnStream_Memory reports the heap that a started stream holds, with
// its share of the poller's slots and without its owner.
func BenchmarkOwnStream_Memory(b *testing.B) {
	const n = 5000
	for b.Loop() {
		set, err := newStreams(defaultStreamConfig())
		if err != nil {
			b.Fatal(err)
		}
		before := heap()
		all, clients, epoll := rawClients(b, set, n)
		after := heap()
		b.ReportMetric(float64(after-before-8*n-8*2*n)/n, "B/stream") // less the slices of this test
		end(b, set, all, clients, epoll)
		runtime.KeepAlive(all)
		runtime.KeepAlive(clients)
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
