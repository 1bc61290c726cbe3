package transport

import (
	"cmp"
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
	events sync.Map // name -> *atomic.Uint64
	names  atomic.Int64

	mu       sync.Mutex
	connects [maxConnects]arrival // a ring
	taken    uint64
}

// published counts a message. Names beyond the limit are not told apart from
// those that nobody counts: a dashboard shows the ten most common.
func (a *activity) published(name string) {
	if name == "" {
		name = sse.EventMessage
	}
	if n, ok := a.events.Load(name); ok {
		n.(*atomic.Uint64).Add(1)
		return
	}
	if a.names.Add(1) > maxCountedNames {
		a.names.Add(-1)
		return
	}
	n, loaded := a.events.LoadOrStore(name, new(atomic.Uint64))
	if loaded {
		a.names.Add(-1)
	}
	n.(*atomic.Uint64).Add(1)
}

// top returns the most common events, the most common first.
func (a *activity) top() []eventCount {
	all := []eventCount{}
	a.events.Range(func(name, n any) bool {
		all = append(all, eventCount{name.(string), n.(*atomic.Uint64).Load()})
		return true
	})
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
