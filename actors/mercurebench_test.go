package actors

import (
	"fmt"
	"testing"

	"example.org/hub/engine"
	"example.org/hub/mercure"
)

// What an event costs the registry when each of many subscribers has a template of
// its own, and all have one in common.
func BenchmarkMercureIndex(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprintf("streams=%d", n), func(b *testing.B) {
			var x mercureIndex
			for i := range n {
				sel, err := mercure.NewSelection([]string{fmt.Sprintf("https://example.com/users/%d/{?topic}", i), "https://example.com/all/{id}"}, nil)
				if err != nil {
					b.Fatal(err)
				}
				x.add(&connection{dialect: mercureDialect, filter: &filter{only: selecting{sel}}})
			}
			rec := &engine.Record{Public: true, To: []engine.Address{engine.Topic("https://example.com/users/7/?topic=x")}}
			b.ReportAllocs()
			for b.Loop() {
				found := 0
				for range x.readers(rec) {
					found++
				}
				if found != 1 {
					b.Fatalf("%d readers", found)
				}
			}
		})
	}
}
