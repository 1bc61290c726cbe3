package transport

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/hub/actors"
)

// openDescriptors counts the descriptors of this process.
func openDescriptors(tb testing.TB) int {
	tb.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		tb.Fatal(err)
	}
	return len(entries)
}

// crowd opens so many streams through one listener.
func crowd(tb testing.TB, set *streams, n int, newOwner func(i int) actors.StreamOwner) (all []actors.Stream, clients []net.Conn) {
	tb.Helper()
	ln, err := Listen("127.0.0.1:0", DefaultListenConfig())
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	for i := range n {
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			tb.Fatal(err)
		}
		conn, err := ln.Accept()
		if err != nil {
			tb.Fatal(err)
		}
		st, _, err := set.take(conn, nil, nil)
		if err != nil {
			tb.Fatal(err)
		}
		_ = conn.Close()
		if err := st.Start(newOwner(i)); err != nil {
			tb.Fatal(err)
		}
		all, clients = append(all, st), append(clients, client)
	}
	return all, clients
}

// TestStreams_Descriptors opens and ends streams of every kind in every way.
func TestStreams_Descriptors(t *testing.T) {
	for _, kind := range transportKinds(t) {
		t.Run(kind.name, func(t *testing.T) {
			set := newTestStreams(t)
			use := func(end func(*link)) {
				l := connect(t, set, kind)
				end(l)
				_ = l.client.Close()
				receive(t, l.ended, "onClose")
			}
			use(func(l *link) { l.Close() }) // opens what stays open
			before := openDescriptors(t)
			for range 10 {
				use(func(l *link) { l.Close() })
				use(func(l *link) { l.Refuse(actors.RefusedDraining) })
				use(func(l *link) {
					if err := l.Start(l.owner); err != nil {
						t.Fatal(err)
					}
					_ = l.client.Close()
					l.owner.wantHangup(t, actors.ReasonClient)
					l.Close()
				})
			}
			await(t, "descriptors freed", func() bool { return openDescriptors(t) <= before })
		})
	}
}

// TestPoller_Close leaves the streams to their owners.
func TestPoller_Close(t *testing.T) {
	set := newTestStreams(t)
	kind := transportKinds(t)[0]
	l, late := start(t, set, kind), connect(t, set, kind)
	if err := set.close(); err != nil {
		t.Fatal(err)
	}
	l.write(t, []byte("bye"))
	l.Close()
	if got, err := io.ReadAll(l.client); string(got) != "bye" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := late.Start(late.owner); err == nil {
		t.Error("a stream was started though nothing watches it")
	}
	late.Close()
}

// closer closes its stream when the client leaves, as an actor does.
type closer struct {
	left *sync.WaitGroup
	hung chan struct{}
}

func (closer) Writable() {}

func (c closer) Hangup(actors.Reason) { close(c.hung); c.left.Done() }

func TestPoller_ManyLeaveAtOnce(t *testing.T) {
	const n = 2000
	set := newTestStreams(t)
	before := openDescriptors(t)
	var left sync.WaitGroup
	left.Add(n)
	owners := make([]closer, n)
	all, clients := crowd(t, set, n, func(i int) actors.StreamOwner {
		owners[i] = closer{left: &left, hung: make(chan struct{})}
		return owners[i]
	})
	if got := set.stats().Open; got != n {
		t.Errorf("open: got %d, want %d", got, n)
	}
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			for i := w; i < n; i += 4 {
				<-owners[i].hung
				all[i].Close()
			}
		})
	}
	begin := time.Now()
	for _, c := range clients {
		_ = c.Close()
	}
	left.Wait()
	workers.Wait()
	t.Logf("%d clients left and were closed in %v", n, time.Since(begin).Round(time.Millisecond))
	if got := set.stats(); got.HangupClient != n {
		t.Errorf("got %+v, want every hang-up once", got)
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("descriptors: %d before, %d after", before, after)
	}
}

// TestPoller_Churn opens, uses and closes streams from several goroutines, so
// that numbers are reused all the time. Nobody may see another one's bytes, and
// no write may fail but for a client that left.
func TestPoller_Churn(t *testing.T) {
	set := newTestStreams(t)
	kind := transportKinds(t)[0]
	warm := start(t, set, kind)
	warm.Close()
	before := openDescriptors(t)
	var workers sync.WaitGroup
	for w := range 6 {
		workers.Go(func() {
			for i := range 100 {
				if err := churn(t, set, fmt.Sprintf("worker %d stream %d", w, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	_ = warm.client.Close()
	await(t, "descriptors freed", func() bool { return openDescriptors(t) < before })
}

// churn is the life of one stream. The client says what it read of others.
func churn(tb testing.TB, set *streams, name string) error {
	tb.Helper()
	accepted, client := tcpPair(tb)
	defer func() { _ = client.Close() }()
	st, _, err := set.take(accepted, nil, nil)
	if err != nil {
		return err
	}
	defer st.Close()
	_ = accepted.Close()
	o := newOwner()
	if err := st.Start(o); err != nil {
		return err
	}
	line := []byte(name + "\n")
	for range rand.IntN(4) {
		if n, err := st.TryWrite(line); n != len(line) || err != nil {
			return fmt.Errorf("write: %d, %w", n, err)
		}
	}
	if rand.IntN(2) == 0 {
		_, _ = client.Write(make([]byte, 1+rand.IntN(5000)))
	}
	if rand.IntN(3) == 0 {
		_ = client.CloseWrite()
		receive(tb, o.hangup, "hang-up")
	}
	st.Close()
	for lines := bufio.NewScanner(client); lines.Scan(); {
		if lines.Text() != name {
			return fmt.Errorf("%s read %q", name, lines.Text())
		}
	}
	return nil
}

// TestOwnStream_NoLostWakeUp races EAGAIN against a client that reads all the
// time: after every full socket there must come a Writable. The guard is that
// the mark is set before EPOLLOUT is asked for.
func TestOwnStream_NoLostWakeUp(t *testing.T) {
	set := newTestStreams(t)
	kind := transportKinds(t)[0]
	var writers sync.WaitGroup
	for range 4 {
		l := start(t, set, kind)
		writers.Go(func() { _, _ = io.Copy(io.Discard, l.client) })
		writers.Go(func() {
			defer l.Close() // also ends the reader if a wake-up is lost
			p := []byte(strings.Repeat("x", 8<<20))
			waits := 0
			for range 4 {
				waits += l.write(t, p)
			}
			t.Logf("waited for room %d times", waits)
		})
	}
	writers.Wait()
}
