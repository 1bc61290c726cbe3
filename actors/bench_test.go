package actors

import (
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// blackHole is the cheapest stream: it takes everything and counts writes.
type blackHole struct{ writes *atomic.Int64 }

func (blackHole) Start(StreamOwner) error { return nil }

func (b blackHole) TryWrite(p []byte) (int, error) {
	b.writes.Add(1)
	return len(p), nil
}

func (blackHole) Refuse(Reason) {}
func (blackHole) Close()        {}

// benchHub is a hub with n users of one connection each, over black holes.
func benchHub(b *testing.B, n int) (*Hub, *atomic.Int64) {
	b.Helper()
	w := history.NewWindow(history.DefaultConfig())
	w.Reset(testEpoch, 0)
	cfg := DefaultConfig()
	cfg.Window = w
	cfg.Heartbeat, cfg.WriteTimeout = time.Hour, time.Hour
	h, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close(b.Context()) })
	var writes atomic.Int64
	for i := range n {
		h.Attach(&Attach{User: strconv.Itoa(i), Stream: blackHole{&writes}})
	}
	for writes.Load() < int64(n) {
		time.Sleep(time.Millisecond)
	}
	return h, &writes
}

func benchEntry(to engine.Address) *history.Entry {
	return &history.Entry{
		Frame:   []byte("id: t1-1\nevent: n\ndata: 1\n\n"),
		Record:  &engine.Record{To: []engine.Address{to}, Name: "n", Time: time.Now()},
		Receipt: history.NewReceipt(),
	}
}

// BenchmarkBroadcast measures one broadcast until every connection has written.
func BenchmarkBroadcast(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("conns=%d", n), func(b *testing.B) {
			before := heap()
			h, writes := benchHub(b, n)
			held := heap() - before
			for b.Loop() {
				writes.Store(0)
				h.Deliver([]*history.Entry{benchEntry(engine.All)})
				for writes.Load() < int64(n) { // drained, or the cost is off the clock
					runtime.Gosched()
				}
			}
			b.ReportMetric(float64(held)/float64(n), "heap-B/conn")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/delivery")
		})
	}
}

// BenchmarkUnicast measures the way of one event through registry, user and
// connection, until its receipt is complete.
func BenchmarkUnicast(b *testing.B) {
	h, _ := benchHub(b, 10_000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e := benchEntry(engine.User(strconv.Itoa(i % 10_000)))
		h.Deliver([]*history.Entry{e})
		if _, _, err := e.Receipt.Wait(b.Context()); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkAttach measures what a connection of a new user costs, in batches so
// that the registry's mailbox stays short.
func BenchmarkAttach(b *testing.B) {
	h, writes := benchHub(b, 0)
	b.ReportAllocs()
	const batch = 1000
	i := 0
	for b.Loop() {
		streams := make([]*leaver, batch)
		for j := range streams {
			streams[j] = &leaver{blackHole: blackHole{writes}}
			h.Attach(&Attach{User: strconv.Itoa(i), Stream: streams[j]})
			i++
		}
		for writes.Load() < int64(i) {
			runtime.Gosched()
		}
		for _, s := range streams {
			s.owner.Hangup(ReasonClient)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(i), "ns/conn")
}

// leaver is a black hole that can hang up.
type leaver struct {
	blackHole
	owner StreamOwner
}

func (l *leaver) Start(owner StreamOwner) error {
	l.owner = owner
	return nil
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkUser asks about a user who is away, as services do before they fall back
// to mail.
func BenchmarkUser(b *testing.B) {
	h, _ := benchHub(b, 100_000)
	for b.Loop() {
		if _, online, err := h.User(b.Context(), "away"); online || err != nil {
			b.Fatal(online, err)
		}
	}
}
