package redis

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/hub/engine"
)

// BenchmarkEngine_AppendAndTail reports records per second from end to end and
// the CPU time that one takes in this process and in the server.
func BenchmarkEngine_AppendAndTail(b *testing.B) {
	for _, bb := range []struct{ hubs, callers, keys int }{{1, 256, 0}, {1, 1024, 0}, {3, 256, 0}, {1, 256, 1}} {
		b.Run(fmt.Sprintf("hubs=%d/callers=%d/keys=%d", bb.hubs, bb.callers, bb.keys), func(b *testing.B) {
			s := benchServer(b)
			engines := make([]*Engine, bb.hubs)
			var tails sync.WaitGroup
			for i := range engines {
				e, err := Open(b.Context(), Config{URL: s.url()}, quiet())
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = e.Close() }()
				engines[i] = e
				want := uint64(b.N)
				tails.Go(func() {
					ctx, cancel := context.WithCancel(b.Context())
					defer cancel()
					_ = e.Tail(ctx, 0, func(batch []engine.Stored) error {
						if batch[len(batch)-1].Seq >= want {
							cancel()
						}
						return nil
					})
				})
			}
			own, theirs := ownCPU(), s.cpu(b)
			b.ResetTimer()
			appendAll(b, engines[0], bb.callers, bb.keys > 0)
			tails.Wait()
			b.StopTimer()
			n := float64(b.N)
			b.ReportMetric(n/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64((ownCPU()-own).Nanoseconds())/n/1000, "hub-us/record")
			b.ReportMetric(float64((s.cpu(b)-theirs).Nanoseconds())/n/1000, "redis-us/record")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// appendAll appends b.N records of 256 bytes by several callers at once.
func appendAll(b *testing.B, e *Engine, callers int, keys bool) {
	b.Helper()
	rec := numbered(1)
	rec.Body = bytes.Repeat([]byte("x"), 256)
	var wg sync.WaitGroup
	work := make(chan int, callers)
	for range callers {
		wg.Go(func() {
			for n := range work {
				key := ""
				if keys {
					key = strconv.Itoa(n)
				}
				if _, err := e.Append(b.Context(), rec, key); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	for n := range b.N {
		work <- n
	}
	close(work)
	wg.Wait()
}

func benchServer(b *testing.B) *redisServer {
	b.Helper()
	s := &redisServer{dir: b.TempDir()}
	if err := s.run(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.end)
	return s
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpu returns the CPU time of the server in steps of 10 ms.
func (s *redisServer) cpu(b *testing.B) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		b.Skip("no /proc to read the server's CPU time from")
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// BenchmarkEngine_Latency reports the time of one Append at a time, and of a
// record from its Append to its delivery.
func BenchmarkEngine_Latency(b *testing.B) {
	s := benchServer(b)
	e, err := Open(b.Context(), Config{URL: s.url()}, quiet())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	arrived := make(chan time.Duration, 1)
	ctx, cancel := context.WithCancel(b.Context())
	var tail sync.WaitGroup
	tail.Go(func() {
		_ = e.Tail(ctx, 0, func(batch []engine.Stored) error {
			for _, s := range batch {
				arrived <- time.Since(s.Record.Time)
			}
			return nil
		})
	})
	var acks, deliveries []time.Duration
	for b.Loop() {
		rec := numbered(1)
		if _, err := e.Append(ctx, rec, ""); err != nil {
			b.Fatal(err)
		}
		acks = append(acks, time.Since(rec.Time))
		deliveries = append(deliveries, <-arrived)
	}
	cancel()
	tail.Wait()
	for name, all := range map[string][]time.Duration{"ack": acks, "deliver": deliveries} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), name+"-p50-us")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), name+"-p99-us")
	}
}
