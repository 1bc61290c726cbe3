package cluster

import (
	"cmp"
	"slices"
	"sync"

	"example.org/hub/engine"
)

// others are the leases of the other hubs, by name, as of the last look.
type others struct {
	self string

	mu     sync.Mutex
	leases []engine.Lease // replaced, never changed
}

func newOthers(self string) others { return others{self: self} }

// set keeps the leases but the hub's own and returns them.
func (o *others) set(leases []engine.Lease) []engine.Lease {
	leases = slices.DeleteFunc(slices.Clone(leases), func(l engine.Lease) bool { return l.Hub == o.self })
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leases = leases
	return leases
}

// put adds or replaces one lease.
func (o *others) put(l engine.Lease) {
	if l.Hub == o.self || l.Hub == "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	leases := slices.DeleteFunc(slices.Clone(o.leases), func(old engine.Lease) bool { return old.Hub == l.Hub })
	leases = append(leases, l)
	slices.SortFunc(leases, func(a, b engine.Lease) int { return cmp.Compare(a.Hub, b.Hub) })
	o.leases = leases
}

func (o *others) list() []engine.Lease {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.leases
}
