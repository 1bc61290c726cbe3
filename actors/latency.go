package actors

import "time"

// Latencies count deliveries by the time from the publish to the socket, since
// the start of the hub.
type Latencies [len(latencyBounds) + 1]uint64

// Since returns what was counted after an earlier reading.
func (l Latencies) Since(earlier Latencies) Latencies {
	for i := range l {
		l[i] -= min(earlier[i], l[i])
	}
	return l
}

// Quantile estimates the latency that the share q (0 to 1) of the deliveries
// kept to, evenly within a bucket. It returns 0 if there was none, and the
// highest bound for what lies above it.
func (l Latencies) Quantile(q float64) time.Duration {
	var total uint64
	for _, n := range l {
		total += n
	}
	rank, below := q*float64(total), 0.0
	lower := time.Duration(0)
	for i, n := range l {
		if n > 0 && below+float64(n) >= rank {
			if i == len(latencyBounds) {
				break
			}
			return lower + time.Duration((rank-below)/float64(n)*float64(latencyBounds[i]-lower))
		}
		below += float64(n)
		lower = latencyBounds[min(i, len(latencyBounds)-1)]
	}
	if total == 0 {
		return 0
	}
	return latencyBounds[len(latencyBounds)-1]
}

func (m *hubMetrics) latencies() (l Latencies) {
	for i := range l {
		l[i] = m.sum(func(w *workerCounters) uint64 { return w.latency[i].Load() })
	}
	return l
}
