package transport

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"example.org/hub/actors"
)

// streamTest is one case over one kind of stream.
type streamTest struct {
	*testing.T
	set  *streams
	kind transportKind
}

// TestStream runs every case over every kind of stream.
func TestStream(t *testing.T) {
	for _, kind := range append(transportKinds(t), transportKind{"unix", identity, identity, true}) {
		t.Run(kind.name, func(t *testing.T) {
			for _, tt := range []struct {
				name string
				run  func(streamTest)
			}{
				{"what is written arrives and Close ends it", testWriteAndClose},
				{"a full socket takes a part and says when there is room", testFull},
				{"a client that never reads holds a bounded number of bytes", testStuck},
				{"closing a full stream takes back its wait", testCloseFull},
				{"a client that closes is told once", testClientClose},
				{"a client that closes its sending side has left", testHalfClose},
				{"a reset is a hang-up and writes fail", testReset},
				{"a client that left before Start is told", testGoneBeforeStart},
				{"a few bytes from the client are dropped", testClientBytes},
				{"a flood from the client is a hang-up", testClientFlood},
				{"Refuse answers and closes", testRefuse},
				{"after Close nothing works and nothing breaks", testAfterClose},
			} {
				t.Run(tt.name, func(t *testing.T) { tt.run(streamTest{t, newTestStreams(t), kind}) })
			}
		})
	}
}

func testWriteAndClose(t streamTest) {
	l := start(t, t.set, t.kind)
	l.write(t, []byte("data: 1\n\n"))
	if got := l.read(t, 9); got != "data: 1\n\n" {
		t.Errorf("got %q", got)
	}
	l.write(t, []byte("data: 2\n\n"))
	l.Close()
	if got, err := io.ReadAll(l.client); err != nil || string(got) != "data: 2\n\n" {
		t.Errorf("got %q, %v, want the rest and a clean end", got, err)
	}
	receive(t, l.ended, "onClose")
}

func testFull(t streamTest) {
	l := start(t, t.set, t.kind)
	sent := make([]byte, 8<<20)
	for i := range sent {
		sent[i] = byte(rand.Uint32())
	}
	var full int
	p := sent
	for full == 0 { // until the socket is full, with nobody reading
		n, err := l.TryWrite(p[:min(len(p), 4000)])
		if err != nil {
			t.Fatal(err)
		}
		p, full = p[n:], 4000-n
	}
	got := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(l.client)
		got <- b
	}()
	receive(t, l.owner.writable, "room")
	if l.write(t, p) == 0 {
		t.Error("the rest went without waiting: the test shows nothing")
	}
	l.Close()
	if !bytes.Equal(receive(t, got, "end of the stream"), sent) {
		t.Error("the client got other bytes than were written")
	}
}

// fill writes until no room is told for a full socket. It returns the bytes taken.
func fill(tb testing.TB, l *link, limit int) (total int) {
	tb.Helper()
	p := make([]byte, 4000)
	for total <= limit {
		n, err := l.TryWrite(p)
		if err != nil {
			tb.Fatal(err)
		}
		if total += n; n == len(p) {
			continue
		}
		if !l.roomSoon() {
			return total
		}
	}
	return total
}

func testStuck(t streamTest) {
	l := start(t, t.set, t.kind)
	if err := l.socket.SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	const limit = 256 << 10 // without SO_SNDBUF it would be megabytes
	if got := fill(t, l, limit); got > limit {
		t.Errorf("a client that does not read was given more than %d bytes", limit)
	}
	_ = l.socket.Close() // or the portable stream lingers
}

func testCloseFull(t streamTest) {
	l := start(t, t.set, t.kind)
	fill(t, l, 16<<20)
	if got := t.set.stats().Waiting; got != 1 {
		t.Errorf("waiting: got %d, want 1", got)
	}
	l.Close()
	if got := t.set.stats().Waiting; got != 0 {
		t.Errorf("waiting: got %d, want 0", got)
	}
	_ = l.socket.Close() // or the portable stream lingers
	receive(t, l.ended, "onClose")
}

func testClientClose(t streamTest) {
	l := start(t, t.set, t.kind)
	_ = l.client.Close()
	l.owner.wantHangup(t, actors.ReasonClient)
	l.Close()
	receive(t, l.ended, "onClose")
	if got := t.set.stats(); len(l.owner.hangup) != 0 || got.HangupClient != 1 {
		t.Errorf("told again: %d, %+v", len(l.owner.hangup), got)
	}
}

func testHalfClose(t streamTest) {
	l := start(t, t.set, t.kind)
	if err := l.client.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	l.owner.wantHangup(t, actors.ReasonClient)
	l.write(t, []byte("bye")) // the other direction still works
	if got := l.read(t, 3); got != "bye" {
		t.Errorf("got %q", got)
	}
}

func testReset(t streamTest) {
	l := start(t, t.set, t.kind)
	if tcp, ok := l.socket.(*net.TCPConn); ok { // on Unix sockets there is nothing else
		if err := tcp.SetLinger(0); err != nil {
			t.Fatal(err)
		}
	}
	_ = l.socket.Close()
	l.owner.wantHangup(t, actors.ReasonClient)
	for {
		if _, err := l.TryWrite([]byte("x")); err != nil {
			return
		}
	}
}

func testGoneBeforeStart(t streamTest) {
	l := connect(t, t.set, t.kind)
	defer l.Close()
	_ = l.client.Close()
	if err := l.Start(l.owner); err != nil {
		t.Fatal(err)
	}
	l.owner.wantHangup(t, actors.ReasonClient)
}

func testClientBytes(t streamTest) {
	l := start(t, t.set, t.kind)
	for range 4 { // exactly as much as is allowed
		if _, err := l.client.Write(make([]byte, t.set.cfg.MaxClientBytes/4)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "all bytes dropped", func() bool {
		return t.set.stats().DiscardedBytes == uint64(t.set.cfg.MaxClientBytes)
	})
	l.write(t, []byte("still here"))
	l.read(t, len("still here"))
	if len(l.owner.hangup) != 0 {
		t.Errorf("hung up: %v", <-l.owner.hangup)
	}
	_, _ = l.client.Write([]byte("x")) // one too many
	l.owner.wantHangup(t, actors.ReasonClientData)
}

func testClientFlood(t streamTest) {
	l := start(t, t.set, t.kind)
	go func() {
		p := make([]byte, 64<<10)
		for {
			if _, err := l.client.Write(p); err != nil {
				return
			}
		}
	}()
	l.owner.wantHangup(t, actors.ReasonClientData)
	l.Close()
	receive(t, l.ended, "onClose")
	if got := t.set.stats(); got.DiscardedBytes > 2*uint64(t.set.cfg.MaxClientBytes) || got.HangupData != 1 {
		t.Errorf("read on after the limit: %+v", got)
	}
}

func testRefuse(t streamTest) {
	l := connect(t, t.set, t.kind)
	l.Refuse(actors.RefusedDraining)
	got, err := io.ReadAll(l.client)
	if err != nil || string(got) != refusalText+string(actors.RefusedDraining) {
		t.Errorf("got %q, %v", got, err)
	}
	receive(t, l.ended, "onClose")
	l.Refuse(actors.RefusedDraining)
	l.Close()
	if got := l.closes.Load(); got != 1 {
		t.Errorf("onClose: called %d times", got)
	}
}

func testAfterClose(t streamTest) {
	l := start(t, t.set, t.kind)
	l.Close()
	l.Close()
	if _, err := l.TryWrite([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("TryWrite: got %v, want net.ErrClosed", err)
	}
	if err := l.Start(l.owner); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Start: got %v, want net.ErrClosed", err)
	}
	receive(t, l.ended, "onClose")
	if got := l.closes.Load(); got != 1 {
		t.Errorf("onClose: called %d times", got)
	}
}
