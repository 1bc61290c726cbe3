package main

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// waterMark takes the hub's readiness back while something that it cannot do
// without is nearly used up, before streams or the process suffer. It gives it
// back only at a lower mark, so that load balancers do not see it come and go.
// The streams that are there stay.
type waterMark struct {
	high, low float64                 // parts of what there is
	used      func() (float64, error) // part of what there is
	reached   atomic.Bool
}

// The marks. Between 90 % of the memory limit and the whole, the collector has
// less and less room, and runs all the time.
const (
	memoryHigh, memoryLow           = 0.90, 0.80
	descriptorsHigh, descriptorsLow = 0.95, 0.90
)

// check implements transport.Check.Run. What cannot be measured is no reason to
// send anybody away.
func (m *waterMark) check(context.Context) error {
	used, err := m.used()
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	switch {
	case used >= m.high:
		m.reached.Store(true)
	case used < m.low:
		m.reached.Store(false)
	}
	if m.reached.Load() {
		return fmt.Errorf("%.0f %% is used: not ready from %.0f %% on, until below %.0f %%", 100*used, 100*m.high, 100*m.low)
	}
	return nil
}

// What usedMemory adds up: all that counts for the limit but the heap, of which
// only what the last collection has left counts. The rest of the heap is garbage
// that a collector with a limit lets grow until there, whatever the load.
const (
	liveHeap    = "/gc/heap/live:bytes"
	totalMemory = "/memory/classes/total:bytes"
)

var notCounted = []string{
	"/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes",
	"/memory/classes/heap/free:bytes", "/memory/classes/heap/released:bytes",
}

// usedMemory returns the part of GOMEMLIMIT that no collection will free.
func usedMemory() (float64, error) {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		return 0, nil
	}
	samples := []metrics.Sample{{Name: liveHeap}, {Name: totalMemory}}
	for _, name := range notCounted {
		samples = append(samples, metrics.Sample{Name: name})
	}
	metrics.Read(samples)
	used := float64(samples[0].Value.Uint64()) + float64(samples[1].Value.Uint64())
	for _, s := range samples[2:] {
		used -= float64(s.Value.Uint64())
	}
	return used / float64(limit), nil
}
