package swarm

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// stubServer is a small SSE server: the body of a POST goes to every stream.
type stubServer struct {
	mu      sync.Mutex
	streams map[chan string]struct{}
	reply   atomic.Int32
}

func startStub(t *testing.T) (*stubServer, netip.AddrPort) {
	t.Helper()
	s := &stubServer{streams: map[chan string]struct{}{}}
	s.reply.Store(http.StatusAccepted)
	srv := httptest.NewServer(s)
	t.Cleanup(func() {
		s.send("")
		srv.Close()
	})
	return s, netip.MustParseAddrPort(srv.Listener.Addr().String())
}

func (s *stubServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		s.send(string(body))
		w.WriteHeader(int(s.reply.Load()))
		return
	}
	if r.URL.Path == "/refuse" {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	ch := make(chan string, 1000)
	s.mu.Lock()
	s.streams[ch] = struct{}{}
	s.mu.Unlock()
	_, _ = io.WriteString(w, "event: connected\ndata: {}\n\n")
	_ = http.NewResponseController(w).Flush()
	for text := range ch {
		if text == "" {
			return
		}
		_, _ = io.WriteString(w, text)
		_ = http.NewResponseController(w).Flush()
	}
}

// send writes text to every stream; an empty text ends them.
func (s *stubServer) send(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ch := range s.streams {
		ch <- text
	}
}

func get(path string) func([]byte, int, []byte) []byte {
	return func(dst []byte, _ int, _ []byte) []byte {
		return append(dst, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"...)
	}
}

func openSwarm(t *testing.T, addr netip.AddrPort, n, workers int) *Swarm {
	t.Helper()
	sw, err := New(Config{Addr: addr, Readers: n, Slots: 2, Workers: workers, Sources: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sw.Close(); err != nil {
			t.Error(err)
		}
	})
	res, err := sw.Open(OpenConfig{Count: n, Concurrency: 8, Timeout: 10 * time.Second, Request: get("/")})
	if err != nil || res.Opened != n || res.Failed != 0 || res.Ready.Count() != int64(n) {
		t.Fatalf("opened %d of %d: %v, %v", res.Opened, n, res.Causes, err)
	}
	return sw
}

func post(addr netip.AddrPort) PublisherConfig {
	return PublisherConfig{Addr: addr, Conns: 2, Request: func(dst []byte, m Message) []byte {
		body := "event: bench\ndata: " + string(AppendData(nil, m.Stamp, 100)) + "\n\n"
		return fmt.Appendf(dst, "POST / HTTP/1.1\r\nHost: %v\r\nContent-Length: %d\r\n\r\n%s", addr, len(body), body)
	}}
}

func TestSwarm_DeliversEveryRoundToEveryReader(t *testing.T) {
	_, addr := startStub(t)
	const readers, count = 50, 20
	sw := openSwarm(t, addr, readers, 2)
	pub, err := NewPublisher(post(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	prog := NewProgress(readers, pub.Wake)
	sw.Track(prog)
	var seq [2]uint32
	res, err := pub.Run(&Rounds{Count: count, Slots: 2, Progress: prog, Message: func(slot int) Message {
		seq[slot]++
		return Message{Target: -1, Stamp: Stamp{Slot: slot, Seq: seq[slot]}}
	}}, time.Second, 20*time.Second)
	if err != nil || res.Answered != count || res.Dropped != 0 {
		t.Fatalf("answered %d, dropped %d, %v", res.Answered, res.Dropped, err)
	}
	st := sw.Collect()
	if st.Delivered != readers*count || st.Lost() != 0 || st.Duplicates != 0 || st.Corrected.Count() != readers*count {
		t.Errorf("delivered %d of %d, lost %d, twice %d", st.Delivered, readers*count, st.Lost(), st.Duplicates)
	}
	for i, last := range sw.Last(readers) {
		if last != seq[i%2] {
			t.Errorf("reader %d, slot %d: last event %d, want %d", i/2, i%2, last, seq[i%2])
		}
	}
}

func TestSwarm_CountsWhatTheServerSaysAndItsEnd(t *testing.T) {
	stub, addr := startStub(t)
	sw := openSwarm(t, addr, 5, 1)
	sw.Collect()
	stub.send("event: ping\ndata: {}\n\nevent: gap\ndata: {}\n\nevent: other\ndata: {}\n\n")
	stub.send("data: " + string(AppendData(nil, Stamp{Seq: 2}, 0)) + "\n\ndata: " + string(AppendData(nil, Stamp{Seq: 2}, 0)) + "\n\n")
	stub.send("data: " + string(AppendData(nil, Stamp{Seq: 5}, 0)) + "\n\n")
	stub.send("")
	for range 5000 {
		if sw.Live() == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	st := sw.Collect()
	if st.Pings != 5 || st.Gaps != 5 || st.Others != 5 || st.Duplicates != 5 || st.Closed != 5 || st.Delivered != 10 {
		t.Errorf("%+v", st)
	}
	if st.Announced != 5 || st.Lost() != 10 {
		t.Errorf("%d lost behind a gap event and %d silently, want 1 and 2 at each reader", st.Announced, st.Lost())
	}
}

func TestSwarm_NamesTheCauseOfARefusal(t *testing.T) {
	_, addr := startStub(t)
	sw, err := New(Config{Addr: addr, Readers: 3, Slots: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	res, err := sw.Open(OpenConfig{Count: 3, Concurrency: 3, Timeout: 10 * time.Second, Request: get("/refuse")})
	if err != nil || res.Failed != 3 || res.Causes["status 503"] != 3 {
		t.Errorf("failed %d: %v, %v", res.Failed, res.Causes, err)
	}
}

func TestSwarm_GivesUpAtTheTimeout(t *testing.T) {
	_, addr := startStub(t)
	sw, err := New(Config{Addr: addr, Readers: 3, Slots: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	res, err := sw.Open(OpenConfig{Count: 3, Concurrency: 2, Timeout: 50 * time.Millisecond, Request: func(dst []byte, _ int, _ []byte) []byte {
		return append(dst, "GET / HTTP/1.1\r\n"...) // never complete
	}})
	if err != nil || res.Failed != 3 || res.Causes["timeout"] != 3 {
		t.Errorf("failed %d: %v, %v", res.Failed, res.Causes, err)
	}
}

func TestSwarm_NamesARefusedConnection(t *testing.T) {
	sw, err := New(Config{Addr: netip.MustParseAddrPort("127.0.0.1:1"), Readers: 1, Slots: 1, Workers: 1, Sources: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer sw.Close()
	res, err := sw.Open(OpenConfig{Count: 1, Concurrency: 1, Timeout: 5 * time.Second, Request: get("/")})
	if err != nil || res.Failed != 1 || res.Causes["connection refused"] != 1 {
		t.Errorf("failed %d: %v, %v", res.Failed, res.Causes, err)
	}
}

func TestPublisher_CountsLateAndDropped(t *testing.T) {
	stub, addr := startStub(t)
	pub, err := NewPublisher(post(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	seq := uint32(0)
	message := func(int) (Message, int) { seq++; return Message{Stamp: Stamp{Seq: seq}}, 0 }
	late, err := pub.Run(&Open{Schedule: Schedule{Start: Now() - int64(time.Second), Rate: 1000, Count: 10}, Message: message}, 10*time.Millisecond, 10*time.Second)
	if err != nil || late.Sent != 10 || late.Late != 10 || late.Dropped != 0 || late.Answered != 10 {
		t.Errorf("a schedule of the past: %+v, %v", late, err)
	}
	dropped, err := pub.Run(&Open{Schedule: Schedule{Start: Now(), Rate: 10, Count: 1000}, Message: message}, time.Second, 150*time.Millisecond)
	if err != nil || dropped.Sent+dropped.Dropped != 1000 || dropped.Dropped < 900 {
		t.Errorf("a schedule that was cut off: sent %d, dropped %d, %v", dropped.Sent, dropped.Dropped, err)
	}
	stub.reply.Store(http.StatusTooManyRequests)
	refused, err := pub.Run(&Closed{Count: 3, Until: Never, Conns: 1, Message: func(int) Message { return Message{} }}, time.Second, 10*time.Second)
	if err != nil || refused.Unanswered() != 3 || refused.Errors["429"] != 3 {
		t.Errorf("refused: %+v, %v", refused, err)
	}
}

func TestPublisher_ReportsAServerThatIsGone(t *testing.T) {
	_, err := NewPublisher(PublisherConfig{Addr: netip.MustParseAddrPort("127.0.0.1:1"), Conns: 1})
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v, want connection refused", err)
	}
}
