package swarm

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range of a Latency. Slower values count as the slowest.
const (
	latencyLowest  = int64(time.Microsecond)
	latencyHighest = int64(2 * time.Minute)
)

// Latency is a histogram of durations with three significant digits, from one
// microsecond to two minutes.
type Latency struct {
	h *hdrhistogram.Histogram
}

// NewLatency returns an empty histogram.
func NewLatency() *Latency {
	return &Latency{h: hdrhistogram.New(latencyLowest, latencyHighest, 3)}
}

// MarshalBinary is for readers in other processes.
func (l *Latency) MarshalBinary() ([]byte, error) {
	return l.h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
}

// UnmarshalBinary is for readers in other processes.
func (l *Latency) UnmarshalBinary(data []byte) (err error) {
	l.h, err = hdrhistogram.Decode(data)
	return err
}

// Record counts a duration in nanoseconds.
func (l *Latency) Record(ns int64) {
	_ = l.h.RecordValue(min(max(ns, 0), latencyHighest)) // in range, so it cannot fail
}

// Merge adds the counts of another histogram.
func (l *Latency) Merge(other *Latency) { l.h.Merge(other.h) }

// Quantile returns the duration below which the share q of the values lies,
// 0 <= q <= 1.
func (l *Latency) Quantile(q float64) time.Duration {
	return time.Duration(l.h.ValueAtQuantile(q * 100))
}

// Max returns the largest value.
func (l *Latency) Max() time.Duration { return time.Duration(l.h.Max()) }

// Mean returns the arithmetic mean.
func (l *Latency) Mean() time.Duration { return time.Duration(l.h.Mean()) }

// Count returns how many values were recorded.
func (l *Latency) Count() int64 { return l.h.TotalCount() }
