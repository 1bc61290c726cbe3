package swarm

import (
	"fmt"
	"io"
	"time"
)

// ticksPerHalf is how many points each halving of the distance to the maximum has.
const ticksPerHalf = 5

// WritePercentiles writes the distribution in milliseconds, in the text form of
// HdrHistogram that its plotters read.
func (l *Latency) WritePercentiles(w io.Writer) error {
	if _, err := l.h.PercentilesPrint(w, ticksPerHalf, float64(time.Millisecond)); err != nil {
		return fmt.Errorf("write percentiles: %w", err)
	}
	return nil
}

// Point is one point of a distribution.
type Point struct {
	Share float64       // of the values that are not larger, 0 to 1
	Value time.Duration // the largest of them
}

// Points are the distribution, closer together towards its end.
func (l *Latency) Points() []Point {
	var points []Point
	for _, b := range l.h.CumulativeDistributionWithTicks(ticksPerHalf) {
		points = append(points, Point{Share: b.Quantile / 100, Value: time.Duration(b.ValueAt)})
	}
	return points
}
