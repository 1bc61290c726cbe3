package swarm

import (
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// scriptServer answers every connection with fixed bytes, in two parts: the
// second one when told to.
func scriptServer(t *testing.T, first, second string) (netip.AddrPort, chan<- struct{}) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	goOn := make(chan struct{})
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.WriteString(conn, first)
				<-goOn
				_, _ = io.WriteString(conn, second)
				_, _ = io.Copy(io.Discard, conn) // until the client goes
				_ = conn.Close()
			}()
		}
	}()
	return netip.MustParseAddrPort(ln.Addr().String()), goOn
}

// openScript opens readers of a script and lets it go on.
func openScript(t *testing.T, first, second string, readers int, stuck bool) *Swarm {
	t.Helper()
	addr, goOn := scriptServer(t, first, second)
	sw, err := New(Config{Addr: addr, Readers: readers, Slots: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sw.Close() })
	res, err := sw.Open(OpenConfig{Count: readers, Concurrency: 10, Stuck: stuck, Timeout: 10 * time.Second, Request: get("/")})
	close(goOn)
	if err != nil || res.Opened != readers {
		t.Fatalf("opened %d: %v, %v", res.Opened, res.Causes, err)
	}
	return sw
}

// eventually polls a swarm for a count that it must reach.
func eventually(t *testing.T, sw *Swarm, what string, count func(*Stats) uint64, want uint64) {
	t.Helper()
	var n uint64
	for range 10_000 {
		st := sw.Collect()
		if n += count(&st); n >= want {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d %s, want %d", n, what, want)
}

const hello = chunkedHead + "1a\r\nevent: connected\ndata: {}\n\r\n1\r\n\n\r\n"

func TestReader_GivesUpAMalformedStream(t *testing.T) {
	sw := openScript(t, hello, "not a chunk", 3, false)
	eventually(t, sw, "broken", func(s *Stats) uint64 { return s.Broken }, 3)
	if live := sw.Live(); live != 0 {
		t.Errorf("%d live, want 0", live)
	}
}

// TestReader_SeesAnEndThatComesWithData holds the reader up until both are there,
// so that one edge tells of them.
func TestReader_SeesAnEndThatComesWithData(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := ln.Accept()
		if err == nil {
			_, _ = io.WriteString(conn, plainHead+"data: hi\n\n")
			_, _ = conn.Read(make([]byte, 1000)) // unread bytes would turn the end into a reset
		}
		accepted <- conn
	}()
	sw, err := New(Config{Addr: netip.MustParseAddrPort(ln.Addr().String()), Readers: 1, Slots: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	if res, err := sw.Open(OpenConfig{Count: 1, Concurrency: 1, Timeout: 10 * time.Second, Request: get("/")}); err != nil || res.Opened != 1 {
		t.Fatalf("opened %d: %v, %v", res.Opened, res.Causes, err)
	}
	conn := <-accepted
	sw.readers[0].cmds.do(func() {
		_, _ = io.WriteString(conn, "data: bye\n\n")
		_ = conn.Close()
		time.Sleep(20 * time.Millisecond) // for both to arrive
	})
	eventually(t, sw, "closed", func(s *Stats) uint64 { return s.Closed }, 1)
}

func TestReader_TakesTheLastChunkForTheEnd(t *testing.T) {
	sw := openScript(t, hello, "0\r\n\r\n", 3, false)
	eventually(t, sw, "closed", func(s *Stats) uint64 { return s.Closed }, 3)
}

func TestReader_ReadsEventsLargerThanAPacket(t *testing.T) {
	big := string(AppendData(nil, Stamp{Seq: 1}, 60_000))
	sw := openScript(t, plainHead+"data: hi\n\n", "data: "+big+"\n\ndata: "+strings.Replace(big, "[0,1", "[0,2", 1)+"\n\n", 4, false)
	eventually(t, sw, "delivered", func(s *Stats) uint64 { return s.Delivered }, 8)
}

func TestReader_StuckOneReadsNothingMore(t *testing.T) {
	data := "data: " + string(AppendData(nil, Stamp{Seq: 1}, 100)) + "\n\n"
	sw := openScript(t, plainHead+"data: hi\n\n", data, 3, true)
	time.Sleep(50 * time.Millisecond) // time in which a reader would have it
	if st := sw.Collect(); st.Delivered != 0 || sw.Live() != 3 {
		t.Errorf("delivered %d, live %d, want 0 and 3", st.Delivered, sw.Live())
	}
	if got := sw.Last(3); !slices.Equal(got, []uint32{0, 0, 0}) {
		t.Errorf("%d missing, want 3", got)
	}
}

func TestSwarm_AnswersAfterItsEnd(t *testing.T) {
	sw := openScript(t, plainHead+"data: hi\n\n", "", 2, false)
	for range 2 {
		if err := sw.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if st := sw.Collect(); sw.Live() != 0 || st.Delivered != 0 {
		t.Errorf("live %d, delivered %d", sw.Live(), st.Delivered)
	}
	if res, err := sw.Open(OpenConfig{Count: 1, Concurrency: 1, Timeout: time.Second, Request: get("/")}); err != nil || res.Opened != 0 {
		t.Errorf("opened %d after the end, %v", res.Opened, err)
	}
}

func TestSwarm_RefusesImpossibleSizes(t *testing.T) {
	f := func(c Config) {
		t.Helper()
		if sw, err := New(c); err == nil {
			_ = sw.Close()
			t.Errorf("%+v: no error", c)
		}
	}
	f(Config{Readers: 0, Slots: 1, Workers: 1})
	f(Config{Readers: 1, Slots: MaxSlots + 1, Workers: 1})
	f(Config{Readers: 1, Slots: 1, Workers: 0})
	f(Config{Readers: 1, Slots: 1, Workers: 1, Sources: 251})
	sw := openScript(t, plainHead+"data: hi\n\n", "", 2, false)
	if _, err := sw.Open(OpenConfig{First: 1, Count: 2, Concurrency: 1}); err == nil {
		t.Error("more connections than there is room for: no error")
	}
}

func TestQueue_KeepsTheOrderAcrossItsEnds(t *testing.T) {
	var q queue
	next := 0
	for i := range 100 {
		q.push(Message{Target: 2 * i})
		q.push(Message{Target: 2*i + 1})
		if got := q.pop().Target; got != next {
			t.Fatalf("got %d, want %d", got, next)
		}
		next++
	}
	for q.len() > 0 {
		if got := q.pop().Target; got != next {
			t.Fatalf("got %d, want %d", got, next)
		}
		next++
	}
	if next != 200 || cap(q.items) == 0 || len(q.items) != 0 {
		t.Errorf("popped %d of 200, %d left", next, len(q.items))
	}
}

func TestLatency_Quantiles(t *testing.T) {
	l := NewLatency()
	for i := range 1000 {
		l.Record(int64(i+1) * int64(time.Millisecond))
	}
	l.Record(int64(time.Hour)) // beyond the range: counts as the slowest
	l.Record(-5)
	near := func(what string, got, want time.Duration) {
		t.Helper()
		if got < want-want/100 || got > want+want/100 {
			t.Errorf("%s is %v, want about %v", what, got, want)
		}
	}
	near("p50", l.Quantile(0.5), 500*time.Millisecond)
	near("p99", l.Quantile(0.99), 990*time.Millisecond)
	near("max", l.Max(), 2*time.Minute)
	if l.Count() != 1002 {
		t.Errorf("%d values, want 1002", l.Count())
	}
}
