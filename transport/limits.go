package transport

import (
	"math"
	"net/netip"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"

	"example.org/hub/actors"
)

// The reasons for a refusal by transport. The tree has more of its own.
const (
	RefusedConnectionLimit actors.Reason = "connection_limit"
	RefusedAddressLimit    actors.Reason = "address_limit"
	RefusedConnectRate     actors.Reason = "connect_rate"
	RefusedBehind          actors.Reason = "behind" // see history.ErrBehind
)

// limits says whether there is room for another stream. It is asked before any
// work on credentials is done. The limit per user is the tree's, which knows
// the users.
type limits struct {
	open  atomic.Int64
	max   atomic.Int64                 // 0 for none
	rate  atomic.Pointer[rate.Limiter] // nil for none
	addrs *addressCounts               // nil for none
}

func newLimits(cfg *Config) *limits {
	l := &limits{}
	l.set(cfg)
	if cfg.MaxPerAddress > 0 {
		l.addrs = &addressCounts{max: cfg.MaxPerAddress, open: make(map[netip.Addr]int)}
	}
	return l
}

// set applies the limits that may change.
func (l *limits) set(cfg *Config) {
	l.max.Store(int64(cfg.MaxConnections))
	if cfg.ConnectRate <= 0 {
		l.rate.Store(nil)
		return
	}
	burst := cfg.ConnectBurst
	if burst == 0 {
		burst = int(math.Ceil(cfg.ConnectRate))
	}
	l.rate.Store(rate.NewLimiter(rate.Limit(cfg.ConnectRate), burst))
}

// admit takes a place for a stream, or says why there is none. Whoever got one
// gives it back by release, once.
func (l *limits) admit(addr netip.Addr) (actors.Reason, bool) {
	if n, most := l.open.Add(1), l.max.Load(); most > 0 && n > most {
		l.open.Add(-1)
		return RefusedConnectionLimit, false
	}
	if !l.allow() {
		l.open.Add(-1)
		return RefusedConnectRate, false
	}
	if l.addrs != nil && !l.addrs.take(addr) {
		l.open.Add(-1)
		return RefusedAddressLimit, false
	}
	return "", true
}

// allow takes a token of the connect rate.
func (l *limits) allow() bool {
	r := l.rate.Load()
	return r == nil || r.Allow()
}

func (l *limits) release(addr netip.Addr) {
	l.open.Add(-1)
	if l.addrs != nil {
		l.addrs.give(addr)
	}
}

// full reports whether the next stream would be refused.
func (l *limits) full() bool {
	most := l.max.Load()
	return most > 0 && l.open.Load() >= most
}

// addressCounts counts streams by client address. It exists only if there is a
// limit to hold: it costs about a hundred bytes an address.
type addressCounts struct {
	max  int
	mu   sync.Mutex
	open map[netip.Addr]int
}

func (c *addressCounts) take(addr netip.Addr) bool {
	addr = counted(addr)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[addr] >= c.max {
		return false
	}
	c.open[addr]++
	return true
}

func (c *addressCounts) give(addr netip.Addr) {
	addr = counted(addr)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[addr]--; c.open[addr] <= 0 {
		delete(c.open, addr)
	}
}

// counted is the address that a client counts under: one customer has a whole
// IPv6 /64 to choose addresses from.
func counted(addr netip.Addr) netip.Addr {
	addr = addr.Unmap()
	if !addr.Is6() {
		return addr
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return addr
	}
	return prefix.Addr()
}
