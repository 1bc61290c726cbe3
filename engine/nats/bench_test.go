package nats

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.org/hub/engine"
)

// BenchmarkEngine appends by 2,048 publishers at once while every hub tails: the
// one that has the server inside it, and others that are its clients.
func BenchmarkEngine(b *testing.B) {
	for _, store := range []string{"memory", "file"} {
		for _, hubs := range []int{1, 3} {
			b.Run(fmt.Sprintf("store=%s/hubs=%d", store, hubs), func(b *testing.B) {
				benchmark(b, openHubs(b, store, hubs))
			})
		}
	}
}

// openHubs opens an engine with a server inside it and clients of that.
func openHubs(b *testing.B, store string, n int) []*Engine {
	b.Helper()
	var core Config
	if store == "file" {
		core.DataDir = b.TempDir()
	}
	token := filepath.Join(b.TempDir(), "token")
	if err := os.WriteFile(token, []byte("0123456789abcdef"), 0o600); err != nil {
		b.Fatal(err)
	}
	if n > 1 {
		core.ClientListen, core.ClusterSecretFile = fmt.Sprintf("127.0.0.1:%d", freePorts(b, 1)[0]), token
	}
	configs := []Config{core}
	for range n - 1 {
		configs = append(configs, Config{URLs: []string{"nats://" + core.ClientListen}, TokenFile: token})
	}
	engines := make([]*Engine, n)
	for i, cfg := range configs {
		e, err := Open(b.Context(), cfg, testLog())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = e.Close() })
		engines[i] = e
	}
	return engines
}

func benchmark(b *testing.B, hubs []*Engine) {
	b.Helper()
	bounds, err := hubs[0].Bounds(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var tails sync.WaitGroup
	last := bounds.Head + uint64(b.N)
	for _, hub := range hubs {
		tails.Go(func() {
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			_ = hub.Tail(ctx, bounds.Head, func(batch []engine.Stored) error {
				if batch[len(batch)-1].Seq >= last {
					cancel()
				}
				return nil
			})
		})
	}
	rec := &engine.Record{
		To: []engine.Address{engine.User("alice")}, Time: time.Now(),
		Body: append(append([]byte("data: "), bytes.Repeat([]byte("x"), 256)...), "\n\n"...),
	}
	b.SetParallelism(1024)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := hubs[0].Append(context.Background(), rec, ""); err != nil {
				b.Error(err)
			}
		}
	})
	tails.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
