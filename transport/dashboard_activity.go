package transport

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.org/hub/sse"
)

const (
	maxCountedNames = 256 // that are counted; publishers can make up any number
	maxTopEvents    = 10  // that a dashboard shows
	maxConnects     = 50  // that a new dashboard is shown
	maxConnectsNow  = 10  // that an update carries
)

// eventCount is how many messages of a type were accepted here since the start.
type eventCount struct {
	Name  string `json:"name"`
	Count uint64 `json:"count"`
}

// arrival is a stream that was admitted.
type arrival struct {
	Number    uint64 `json:"number"` // 1 for the first since the start
	Time      int64  `json:"time"`   // unix ms
	User      string `json:"user"`
	UserAgent string `json:"userAgent,omitempty"`
	Dashboard bool   `json:"dashboard,omitempty"`
}

// activity is what dashboards show besides figures: which events are common, and
// who came last. It is bounded, whatever publishers and clients do.
type activity struct {
	counted atomic.Pointer[map[string]*atomic.Uint64] // by event name; replaced when there is a new one
	naming  sync.Mutex                                // held while it is replaced

	mu       sync.Mutex
	connects [maxConnects]arrival // a ring
	taken    uint64
}

// published counts a message. Each name beyond the limit counts for nothing: a
// dashboard shows the ten most common, and those are mostly met early.
func (a *activity) published(name string) {
	if name == "" {
		name = sse.EventMessage
	}
	if n := a.counter(name); n != nil {
		n.Add(1)
	}
}

func (a *activity) counter(name string) *atomic.Uint64 {
	counted := a.counters()
	if n := counted[name]; n != nil || len(counted) >= maxCountedNames {
		return n
	}
	a.naming.Lock()
	defer a.naming.Unlock()
	counted = a.counters()
	if n := counted[name]; n != nil || len(counted) >= maxCountedNames {
		return n
	}
	more := make(map[string]*atomic.Uint64, len(counted)+1)
	maps.Copy(more, counted)
	n := new(atomic.Uint64)
	more[strings.Clone(name)] = n // the name may be part of a whole message
	a.counted.Store(&more)
	return n
}

func (a *activity) counters() map[string]*atomic.Uint64 {
	if p := a.counted.Load(); p != nil {
		return *p
	}
	return nil
}

// top returns the most common events, the most common first.
func (a *activity) top() []eventCount {
	all := []eventCount{}
	for name, n := range a.counters() {
		all = append(all, eventCount{name, n.Load()})
	}
	slices.SortFunc(all, func(x, y eventCount) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), strings.Compare(x.Name, y.Name))
	})
	return all[:min(len(all), maxTopEvents)]
}

// connected notes a stream that was admitted.
func (a *activity) connected(user, agent string, dashboard bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.taken % maxConnects
	a.taken++
	a.connects[at] = arrival{Number: a.taken, Time: time.Now().UnixMilli(), User: user, UserAgent: agent, Dashboard: dashboard}
}

// latest returns at most limit streams with numbers above after, the oldest first,
// and the number of the newest.
func (a *activity) latest(after uint64, limit int) ([]arrival, uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := min(a.taken-after, uint64(limit), maxConnects)
	all := make([]arrival, 0, n)
	for i := a.taken - n; i < a.taken; i++ {
		all = append(all, a.connects[i%maxConnects])
	}
	return all, a.taken
}
