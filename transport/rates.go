package transport

import "sync"

// rateSpan is the longest span of rates, in samples of a second.
const rateSpan = 60

// sample is what was counted up to one moment.
type sample struct {
	in, out uint64
}

// rates remembers the counts of the last minute, one sample a second.
type rates struct {
	mu      sync.Mutex
	samples [rateSpan + 1]sample // a ring
	taken   int                  // how many samples there were in all
}

// add takes the next sample.
func (r *rates) add(s sample) {
	r.mu.Lock()
	r.samples[r.taken%len(r.samples)] = s
	r.taken++
	r.mu.Unlock()
}

// perSecond returns the mean rates over so many seconds, or over the time since
// the first sample if that is shorter.
func (r *rates) perSecond(seconds int) (in, out float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	span := min(seconds, r.taken-1, rateSpan)
	if span < 1 {
		return 0, 0
	}
	last := r.samples[(r.taken-1)%len(r.samples)]
	first := r.samples[(r.taken-1-span)%len(r.samples)]
	return float64(last.in-first.in) / float64(span), float64(last.out-first.out) / float64(span)
}

// spans are the rates as answers show them.
type spans struct {
	Last1s  float64 `json:"1s"`
	Last10s float64 `json:"10s"`
	Last60s float64 `json:"60s"`
}

func (s *spans) add(o spans) {
	s.Last1s += o.Last1s
	s.Last10s += o.Last10s
	s.Last60s += o.Last60s
}

func (r *rates) spans() (in, out spans) {
	in.Last1s, out.Last1s = r.perSecond(1)
	in.Last10s, out.Last10s = r.perSecond(10)
	in.Last60s, out.Last60s = r.perSecond(60)
	return in, out
}
