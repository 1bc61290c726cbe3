package auth

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
)

// brokenLog is an Appender that fails.
type brokenLog struct{ err error }

func (l brokenLog) Append(context.Context, *engine.Record, string) (engine.Appended, error) {
	return engine.Appended{}, l.err
}

// office is one hub's tickets with the tail that feeds them.
type office struct {
	*SharedTickets
	hold chan struct{} // the tail stops here while it is not closed
}

func openOffice(t *testing.T, eng engine.Engine, lags bool) *office {
	t.Helper()
	o := &office{NewSharedTickets(NewTickets(DefaultTicketTTL, DefaultMaxTickets), eng), make(chan struct{})}
	if !lags {
		close(o.hold)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = eng.Tail(ctx, 0, func(batch []engine.Stored) error {
			<-o.hold
			for _, s := range batch {
				if err := o.Apply(s.Record); err != nil {
					t.Errorf("Apply: %v", err)
				}
			}
			return nil
		})
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	return o
}

func shared(t *testing.T) *memory.Engine {
	t.Helper()
	eng := memory.New(memory.Config{})
	t.Cleanup(func() { _ = eng.Close() })
	return eng
}

func mustIssue(t *testing.T, o *office, p Principal) string {
	t.Helper()
	text, expires, err := o.Issue(p)
	if err != nil || time.Until(expires) <= 0 {
		t.Fatalf("Issue: %v, until %v", err, expires)
	}
	return text
}

var alicePrincipal = Principal{
	User: "alice", Scopes: []Scope{ScopeDashboard}, Topics: []string{"news", "orders/*"},
	Issued: time.Unix(1000, 0), Expires: time.Unix(1<<40, 0), // in the year 36812
}

func TestSharedTickets_AreGoodAtAnyHubOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := shared(t)
		hubs := []*office{openOffice(t, eng, false), openOffice(t, eng, false), openOffice(t, eng, false)}
		for i, redeems := range hubs {
			text := mustIssue(t, hubs[0], alicePrincipal)
			p, err := redeems.Redeem(text)
			if err != nil || p.User != "alice" || !p.Has(ScopeDashboard) || !p.MayRead("orders/1") ||
				!p.Issued.Equal(alicePrincipal.Issued) || p.Expires.Year() < 9000 {
				t.Errorf("at hub %d: %+v, %v", i, p, err)
			}
			for j, h := range hubs {
				if p, err := h.Redeem(text); !errors.Is(err, ErrTicket) || p.User != "" {
					t.Errorf("again at hub %d: %+v, %v", j, p, err)
				}
			}
		}
		synctest.Wait()
		for i, h := range hubs {
			if h.tickets.Len() != 0 || len(h.arrivals) != 0 || h.waiting != 0 {
				t.Errorf("hub %d holds %d tickets and %d arrivals of %d", i, h.tickets.Len(), len(h.arrivals), h.waiting)
			}
		}
	})
}

// Fails when Redeem does not ask the log who was first.
func TestSharedTickets_AreRedeemedOnceAmongHubsThatDoNotKnowYet(t *testing.T) {
	eng := shared(t)
	issues := openOffice(t, eng, false)
	hubs := []*office{issues, openOffice(t, eng, false), openOffice(t, eng, false)}
	for range 100 {
		text := mustIssue(t, issues, alicePrincipal)
		var redeemed atomic.Int32
		var wg sync.WaitGroup
		for _, h := range hubs {
			for range 2 {
				wg.Go(func() {
					if _, err := h.Redeem(text); err == nil {
						redeemed.Add(1)
					} else if !errors.Is(err, ErrTicket) {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		if n := redeemed.Load(); n != 1 {
			t.Fatalf("redeemed %d times", n)
		}
	}
}

func TestSharedTickets_WaitForATicketOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := shared(t)
		issues, lags := openOffice(t, eng, false), openOffice(t, eng, true)
		text := mustIssue(t, issues, alicePrincipal)
		began := time.Now()
		if _, err := lags.Redeem(text); !errors.Is(err, ErrTicket) || time.Since(began) != ticketTravel {
			t.Errorf("a hub that lags too long: %v after %v", err, time.Since(began))
		}
		time.AfterFunc(ticketTravel/2, func() { close(lags.hold) })
		if p, err := lags.Redeem(text); err != nil || p.User != "alice" || time.Since(began) != ticketTravel*3/2 {
			t.Errorf("a hub that lags a little: %+v, %v after %v", p, err, time.Since(began))
		}
	})
}

func TestSharedTickets_DoNotLetStrangersWaitWithoutLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := openOffice(t, shared(t), false)
		for range maxArrivals {
			go func() { _, _ = o.Redeem(issue(t, NewTickets(time.Hour, 1), Principal{User: "x"})) }()
		}
		synctest.Wait()
		began := time.Now()
		text := issue(t, NewTickets(time.Hour, 1), Principal{User: "x"})
		if _, err := o.Redeem(text); !errors.Is(err, ErrTicket) || time.Since(began) != 0 {
			t.Errorf("one too many: %v after %v", err, time.Since(began))
		}
		time.Sleep(ticketTravel)
		synctest.Wait()
		if len(o.arrivals) != 0 || o.waiting != 0 {
			t.Errorf("%d arrivals are left, %d wait", len(o.arrivals), o.waiting)
		}
	})
}

func TestSharedTickets_ExpireOnEveryHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := shared(t)
		a, b := openOffice(t, eng, false), openOffice(t, eng, false)
		text := mustIssue(t, a, Principal{User: "alice"})
		synctest.Wait()
		time.Sleep(DefaultTicketTTL)
		for _, h := range []*office{a, b, openOffice(t, eng, false)} {
			if _, err := h.Redeem(text); !errors.Is(err, ErrTicket) {
				t.Errorf("got %v", err)
			}
			if n := h.tickets.Len(); n != 0 {
				t.Errorf("%d tickets are held", n)
			}
		}
	})
}

func TestSharedTickets_NeedTheLog(t *testing.T) {
	for _, failure := range []error{engine.ErrUnavailable, context.DeadlineExceeded} {
		s := NewSharedTickets(NewTickets(DefaultTicketTTL, 1), brokenLog{failure})
		if _, _, err := s.Issue(Principal{User: "alice"}); !errors.Is(err, engine.ErrUnavailable) {
			t.Errorf("Issue: %v", err)
		}
		text := issue(t, s.tickets, Principal{User: "alice"}) // the failed one took no room
		if _, err := s.Redeem(text); !errors.Is(err, engine.ErrUnavailable) {
			t.Errorf("Redeem: %v", err)
		}
	}
	s := NewSharedTickets(NewTickets(DefaultTicketTTL, 1), brokenLog{})
	if _, _, err := s.Issue(Principal{Service: "svc"}); !errors.Is(err, ErrServiceTicket) {
		t.Errorf("Issue for a service: %v", err)
	}
	if _, err := s.Redeem(""); !errors.Is(err, ErrMissing) {
		t.Errorf("Redeem of nothing: %v", err)
	}
	if _, err := s.Redeem("short"); !errors.Is(err, ErrTicket) {
		t.Errorf("Redeem: %v", err)
	}
}

func TestUsedTickets_ForgetTheOldest(t *testing.T) {
	u := usedTickets{known: make(map[ticketHash]struct{})}
	hash := func(n int) (h ticketHash) {
		h[0], h[1] = byte(n), byte(n>>8)
		return h
	}
	for n := range maxUsed + 10 {
		u.add(hash(n))
		u.add(hash(n))
	}
	if u.has(hash(9)) || !u.has(hash(10)) || !u.has(hash(maxUsed+9)) || len(u.known) != maxUsed || len(u.order) != maxUsed {
		t.Errorf("%d known in %d places", len(u.known), len(u.order))
	}
}

func FuzzSharedTickets_Apply(f *testing.F) {
	f.Add([]byte(`{"v":1,"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","user":"alice","until":"2999-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"v":1,"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","redeemed":true}`))
	f.Add([]byte(`{"v":1,"hash":"AA=="}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := NewSharedTickets(NewTickets(time.Minute, 1), brokenLog{})
		if err := s.Apply(&engine.Record{Body: body}); err != nil && (!errors.Is(err, errTicketRecord) || s.tickets.Len() != 0) {
			t.Fatal(err)
		}
	})
}
