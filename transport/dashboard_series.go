package transport

import (
	"sync"
	"time"

	"example.org/hub/actors"
)

// seriesSpan is how much a dashboard shows when it opens: ten minutes, in
// samples of a second.
const seriesSpan = 600

// point is one second of the hub.
type point struct {
	time        int64 // unix ms
	connections int64
	users       int64
	in, out     float64 // messages per second
	p50, p99    float64 // delivery latency in ms, 0 if nothing was delivered
}

// chronicle holds points by column, which is what a chart wants and has no names
// to repeat. All columns are of the same length, the oldest point first.
type chronicle struct {
	Time        []int64   `json:"time"` // unix ms
	Connections []int64   `json:"connections"`
	Users       []int64   `json:"users"`
	In          []float64 `json:"in"`  // messages accepted per second
	Out         []float64 `json:"out"` // events that sockets took per second
	P50         []float64 `json:"p50"` // delivery latency in ms, 0 if nothing was delivered
	P99         []float64 `json:"p99"`
}

// series remembers the last ten minutes.
type series struct {
	mu      sync.Mutex
	points  [seriesSpan]point // a ring
	taken   int               // how many there were in all
	latency actors.Latencies  // at the last point
	last    point
}

// add takes the next point.
func (s *series) add(p point) {
	s.mu.Lock()
	s.points[s.taken%len(s.points)], s.last = p, p
	s.taken++
	s.mu.Unlock()
}

// newest returns the last point.
func (s *series) newest() point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// chronicle copies the points.
func (s *series) chronicle() *chronicle {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(s.taken, len(s.points))
	c := &chronicle{
		Time: make([]int64, n), Connections: make([]int64, n), Users: make([]int64, n),
		In: make([]float64, n), Out: make([]float64, n), P50: make([]float64, n), P99: make([]float64, n),
	}
	for i := range n {
		p := &s.points[(s.taken-n+i)%len(s.points)]
		c.Time[i], c.Connections[i], c.Users[i] = p.time, p.connections, p.users
		c.In[i], c.Out[i], c.P50[i], c.P99[i] = p.in, p.out, p.p50, p.p99
	}
	return c
}

// point makes the next point of the series. Only the beat calls it.
func (s *Server) point(now time.Time, st *actors.Stats) point {
	in, out := s.rates.perSecond(1)
	second := st.Latencies.Since(s.series.latency)
	s.series.latency = st.Latencies
	return point{
		time: now.UnixMilli(), connections: st.Connections, users: st.Users, in: in, out: out,
		p50: millis(second.Quantile(0.5)), p99: millis(second.Quantile(0.99)),
	}
}

// millis is a duration in milliseconds, to the microsecond.
func millis(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond).Microseconds()) / 1000
}
