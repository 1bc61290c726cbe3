package nats

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"example.org/hub/engine"
)

// BenchmarkEngine appends by 2,048 publishers at once while one Tail reads.
func BenchmarkEngine(b *testing.B) {
	for name, cfg := range map[string]Config{"memory": {}, "file": {DataDir: b.TempDir()}} {
		b.Run(name, func(b *testing.B) { benchmark(b, cfg) })
	}
}

func benchmark(b *testing.B, cfg Config) {
	b.Helper()
	e, err := Open(b.Context(), cfg, testLog())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	bounds, err := e.Bounds(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var tail sync.WaitGroup
	last := bounds.Head + uint64(b.N)
	tail.Go(func() {
		_ = e.Tail(ctx, bounds.Head, func(batch []engine.Stored) error {
			if batch[len(batch)-1].Seq >= last {
				cancel()
			}
			return nil
		})
	})
	rec := &engine.Record{
		To: []engine.Address{engine.User("alice")}, Time: time.Now(),
		Body: append(append([]byte("data: "), bytes.Repeat([]byte("x"), 256)...), "\n\n"...),
	}
	b.SetParallelism(1024)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := e.Append(context.Background(), rec, ""); err != nil {
				b.Error(err)
			}
		}
	})
	tail.Wait()
}
