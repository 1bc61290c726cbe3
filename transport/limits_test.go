package transport

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/actors"
	"example.org/hub/auth"
)

func TestLimits_Admit(t *testing.T) {
	l := newLimits(&Config{MaxConnections: 3, MaxPerAddress: 2})
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	f := func(addr netip.Addr, want actors.Reason) {
		t.Helper()
		if got, ok := l.admit(addr); got != want || ok != (want == "") {
			t.Errorf("admit(%v) = %q, %v; want %q", addr, got, ok, want)
		}
	}
	f(a, "")
	f(a, "")
	f(a, RefusedAddressLimit)
	f(b, "")
	f(b, RefusedConnectionLimit)
	if !l.full() {
		t.Error("not full")
	}
	l.release(a)
	f(a, "")
	for _, addr := range []netip.Addr{a, a, b} {
		l.release(addr)
	}
	if l.open.Load() != 0 || len(l.addrs.open) != 0 {
		t.Errorf("left: %d, %v", l.open.Load(), l.addrs.open)
	}
}

func TestLimits_AddressesCountAsOne(t *testing.T) {
	l := newLimits(&Config{MaxPerAddress: 1})
	f := func(addr string, want bool) {
		t.Helper()
		if _, ok := l.admit(netip.MustParseAddr(addr)); ok != want {
			t.Errorf("%s: admitted %v", addr, ok)
		}
	}
	f("2001:db8:1:2::1", true)
	f("2001:db8:1:2:ffff::9", false) // the same /64
	f("2001:db8:1:3::1", true)
	f("192.0.2.1", true)
	f("::ffff:192.0.2.1", false)
	f("192.0.2.2", true)
}

// Not only the burst but the rate that is left after it.
func TestLimits_ConnectRateHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(&Config{ConnectRate: 10, ConnectBurst: 5})
		admitted := 0
		for range 1000 { // 100 a second for 10 seconds
			if _, ok := l.admit(netip.Addr{}); ok {
				admitted++
			}
			time.Sleep(10 * time.Millisecond)
		}
		if admitted < 100 || admitted > 106 {
			t.Errorf("%d admitted in 10 s, want 10 a second and a burst of 5", admitted)
		}
		if got := l.open.Load(); got != int64(admitted) {
			t.Errorf("%d places taken", got)
		}
	})
}

// countingVerifier counts how often credentials are looked at.
type countingVerifier struct {
	Verifier
	calls atomic.Int64
}

func (v *countingVerifier) Verify(ctx context.Context, token string) (auth.Principal, error) {
	v.calls.Add(1)
	return v.Verifier.Verify(ctx, token)
}

func TestLimits_ComeBeforeCredentials(t *testing.T) {
	v := &countingVerifier{}
	h := newTestHub(t, func(o *options) {
		v.Verifier, o.Verifier = o.Verifier, v
		o.MaxConnections = 1
	})
	h.open("/api/sse", h.bearer("alice"))
	for range 5 {
		h.visit("GET", "/api/sse", h.bearer("alice"), "X-SSE-Client: test").want(t, 503, "connection_limit")
	}
	if got := v.calls.Load(); got != 1 {
		t.Errorf("%d tokens were verified", got)
	}
}

// Native clients get 200 and a time to return; ours a status and Retry-After.
func TestRefuse_InTheClientsForm(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		reason string
		limit  string // its scope in metrics
		change func(*options)
	}{
		{"connections in all", 503, "connection_limit", "instance", func(o *options) { o.MaxConnections = 1 }},
		{"connections of an address", 429, "address_limit", "address", func(o *options) { o.MaxPerAddress = 1 }},
		{"connections of a user", 429, "user_limit", "user", func(o *options) { o.actors.MaxPerUser = 1 }},
		{"connect rate", 503, "connect_rate", "connect_rate", func(o *options) { o.ConnectRate, o.ConnectBurst = 0.001, 1 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newTestHub(t, tt.change, func(o *options) { o.AllowedOrigins = []string{"https://app.example.com"} })
			h.open("/api/sse", h.bearer("alice"))
			native := h.visit("GET", "/api/sse", h.bearer("alice"))
			checkGoodbye(t, h, native)
			for _, r := range []*response{
				h.visit("GET", "/api/sse", h.bearer("alice"), "X-SSE-Client: ts/1", "Origin: https://app.example.com"),
				h.visit("GET", "/api/sse?transport=fetch", h.bearer("alice"), "Origin: https://app.example.com"),
			} {
				r.want(t, tt.status, tt.reason)
				after, err := strconv.Atoi(r.Header.Get("Retry-After"))
				if err != nil || after < 2 || after > 10 || !r.Close {
					t.Errorf("Retry-After %q, close %v", r.Header.Get("Retry-After"), r.Close)
				}
				if r.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
					t.Errorf("the page cannot read the answer: %v", r.Header)
				}
			}
			if got := h.counter(`hub_connect_rejected_total{reason="` + tt.reason + `"}`); got != "3" {
				t.Errorf("counted %s", got)
			}
			if got := h.counter(`hub_ratelimit_hits_total{scope="` + tt.limit + `"}`); got != "3" {
				t.Errorf("counted %s hits of the limit", got)
			}
		})
	}
}

func checkGoodbye(t *testing.T, h *testHub, r *response) {
	t.Helper()
	if r.status() != 200 || r.Header.Get("Content-Type") != "text/event-stream" || !r.Close ||
		r.Header.Get("Cache-Control") != streamCacheControl {
		t.Errorf("got %v", r.Response)
	}
	ms, ok := strings.CutPrefix(r.body, "retry: ")
	after, err := strconv.Atoi(strings.TrimSpace(ms))
	if d := time.Duration(after) * time.Millisecond; !ok || err != nil || d < h.cfg.RetryMin || d > h.cfg.RetryMax {
		t.Errorf("got %q", r.body)
	}
}

// drainingHub says that it drains, or refuses what is attached although it had
// not said so.
type drainingHub struct {
	Hub
	draining bool
	late     bool
}

func (h *drainingHub) Draining() bool { return h.draining }

func (h *drainingHub) Attach(a *actors.Attach) {
	if h.late {
		a.Stream.Refuse(actors.RefusedDraining)
		return
	}
	h.Hub.Attach(a)
}

func TestRefuse_Draining(t *testing.T) {
	for name, hub := range map[string]*drainingHub{"known before": {draining: true}, "noticed by the tree": {late: true}} {
		t.Run(name, func(t *testing.T) {
			h := newTestHub(t, func(o *options) { o.around = func(tree Hub) Hub { hub.Hub = tree; return hub } })
			checkGoodbye(t, h, h.visit("GET", "/api/sse", h.bearer("alice")))
			h.visit("GET", "/api/sse", h.bearer("alice"), "X-SSE-Client: x").want(t, 503, "draining")
			await(t, "the places are given back", func() bool { return h.limits.open.Load() == 0 })
			h.post(`{"to":"all","data":1}`).want(t, 202, "") // until the very end
		})
	}
}

func TestRefuse_RetryIsSpread(t *testing.T) {
	s := &Server{cfg: DefaultConfig()}
	seen := make(map[time.Duration]bool)
	for range 1000 {
		d := s.retry()
		if d < s.cfg.RetryMin || d > s.cfg.RetryMax {
			t.Fatalf("retry after %v", d)
		}
		seen[d] = true
	}
	if len(seen) < 500 {
		t.Errorf("only %d different times", len(seen))
	}
}
