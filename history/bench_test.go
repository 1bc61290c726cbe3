package history_test

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

// users is how many users the events of a benchmark are for in turn.
const users = 5000

func benchEntry(seq uint64, now time.Time) *history.Entry {
	body := bytes.Repeat([]byte("x"), 200)
	return &history.Entry{Seq: seq, Frame: body, Record: &engine.Record{
		To: []engine.Address{engine.User(strconv.FormatUint(seq%users, 10))}, Body: body, Time: now,
	}}
}

func BenchmarkWindow_Add(b *testing.B) {
	w := history.NewWindow(history.DefaultConfig())
	w.Reset("e", 0)
	now := time.Now()
	entries := make([]*history.Entry, 1<<17) // more than the window holds: an entry has been evicted when its turn comes again
	for i := range entries {
		entries[i] = benchEntry(uint64(i)+1, now)
	}
	b.ReportAllocs()
	seq := uint64(0)
	for b.Loop() {
		seq++
		e := entries[seq%uint64(len(entries))]
		e.Seq = seq
		w.Add(e)
	}
}

func BenchmarkWindow_ReplayTwentyOfAHundredThousand(b *testing.B) {
	w := history.NewWindow(history.Config{MaxBytes: 1 << 30})
	w.Reset("e", 0)
	now := time.Now()
	for seq := uint64(1); seq <= 20*users; seq++ {
		w.Add(benchEntry(seq, now))
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for n := 0; pb.Next(); n++ {
			got, gap := w.Replay(history.Query{
				LastEventID: "e-0", UpTo: 20 * users,
				Addresses: []engine.Address{engine.User(strconv.Itoa(n % users)), engine.All, "topic/news"},
			})
			if len(got) != 20 || gap != nil {
				b.Errorf("got %d, %v", len(got), gap)
				return
			}
		}
	})
}

func BenchmarkLog_AppendAndWait(b *testing.B) {
	for _, publishers := range []int{1, 32} {
		b.Run(strconv.Itoa(publishers)+" publishers", func(b *testing.B) {
			eng := memory.New(memory.DefaultConfig())
			l, err := history.Open(b.Context(), eng, history.DefaultConfig(), 7, slog.New(slog.DiscardHandler), func(entries []*history.Entry) {
				for _, e := range entries {
					e.Receipt.Done(1, 1)
				}
			})
			if err != nil {
				b.Fatal(err)
			}
			body := bytes.Repeat([]byte("x"), 200)
			b.ReportAllocs()
			b.SetParallelism(publishers / 2)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					p, err := l.Append(b.Context(), &engine.Record{To: []engine.Address{"user/alice"}, Body: body}, "")
					if err != nil {
						b.Error(err)
						return
					}
					if out := p.Wait(context.Background()); out.Connections != 1 {
						b.Errorf("%+v", out)
						return
					}
				}
			})
			b.StopTimer()
			l.Close()
			_ = eng.Close()
		})
	}
}
