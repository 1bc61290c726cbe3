package enginetest

import (
	"sync"
	"testing"

	"example.org/hub/engine"
)

func runConcurrency(t *testing.T, open func(t *testing.T) engine.Engine) {
	t.Helper()
	t.Run("concurrent appends reach two tails once and in one order", func(t *testing.T) {
		const appenders, each = 8, 100
		eng := open(t)
		base := mustBounds(t, eng).Head
		early := follow(t, eng, base)
		at := make([]map[uint64]int, appenders) // by appender: Seq to number
		var wg sync.WaitGroup
		for a := range appenders {
			at[a] = make(map[uint64]int)
			wg.Go(func() {
				for i := range each {
					n := a*each + i
					got := mustAppendKey(t, eng, numbered(n), "")
					at[a][got.Position.Seq] = n
				}
			})
		}
		late := follow(t, eng, base)
		wg.Wait()

		head := base + appenders*each
		first, second := early.awaitSeq(t, head), late.awaitSeq(t, head)
		if len(first) != appenders*each || len(second) != len(first) {
			t.Fatalf("the tails got %d and %d records", len(first), len(second))
		}
		for i := range first {
			seq, n := base+uint64(i)+1, int(first[i].Record.Nonce)
			if first[i].Seq != seq || second[i].Seq != seq || second[i].Record.Nonce != uint64(n) {
				t.Fatalf("place %d: seq %d and %d, number %d and %d", i, first[i].Seq, second[i].Seq, n, second[i].Record.Nonce)
			}
			if told, ok := at[n/each][seq]; !ok || told != n {
				t.Fatalf("number %d is at %d, its appender was told otherwise", n, seq)
			}
		}
	})

	t.Run("a tail may come and go while others read", func(t *testing.T) {
		eng := open(t)
		base := mustBounds(t, eng).Head
		stays := follow(t, eng, base)
		var wg sync.WaitGroup
		wg.Go(func() {
			for n := range 500 {
				mustAppendKey(t, eng, numbered(n), "")
			}
		})
		for range 10 {
			passes := follow(t, eng, base)
			passes.awaitSeq(t, base+1)
			passes.stop()
		}
		wg.Wait()
		wantNumbers(t, stays.awaitSeq(t, base+500), base+1, 0, 500)
	})
}
