package auth

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func issue(t *testing.T, tickets *Tickets, p Principal) string {
	t.Helper()
	text, _, err := tickets.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTickets_RedeemOnce(t *testing.T) {
	tickets := NewTickets(DefaultTicketTTL, DefaultMaxTickets)
	text := issue(t, tickets, Principal{User: "alice", Scopes: []Scope{ScopeDashboard}})
	if p, err := tickets.Redeem(text); err != nil || p.User != "alice" || !p.Has(ScopeDashboard) {
		t.Errorf("got %+v, %v", p, err)
	}
	if p, err := tickets.Redeem(text); !errors.Is(err, ErrTicket) || p.User != "" {
		t.Errorf("again: got %+v, %v, want ErrTicket", p, err)
	}
	if tickets.Len() != 0 || len(tickets.byHash) != 0 || len(tickets.perUser) != 0 {
		t.Error("a redeemed ticket is still held")
	}
}

// Fails when Redeem looks the ticket up and removes it under two locks.
func TestTickets_RedeemOnceAmongMany(t *testing.T) {
	tickets := NewTickets(DefaultTicketTTL, DefaultMaxTickets)
	for range 10_000 {
		text := issue(t, tickets, Principal{User: "alice"})
		var redeemed atomic.Int32
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 4 {
			wg.Go(func() {
				<-start
				if _, err := tickets.Redeem(text); err == nil {
					redeemed.Add(1)
				}
			})
		}
		close(start)
		wg.Wait()
		if n := redeemed.Load(); n != 1 {
			t.Fatalf("redeemed %d times", n)
		}
	}
}

func TestTickets_Refused(t *testing.T) {
	tickets := NewTickets(DefaultTicketTTL, DefaultMaxTickets)
	text := issue(t, tickets, Principal{User: "alice"})
	for _, s := range []string{text[:42], text + "A", " " + text[1:], strings.Repeat("A", 43), "x", strings.Repeat("x", 1<<20)} {
		_, err := tickets.Redeem(s)
		if !errors.Is(err, ErrTicket) {
			t.Errorf("%.50q: got %v, want ErrTicket", s, err)
		}
		checkSilent(t, err, s, text)
	}
	if _, err := tickets.Redeem(""); !errors.Is(err, ErrMissing) {
		t.Errorf("nothing: got %v, want ErrMissing", err)
	}
	if _, err := NewTickets(DefaultTicketTTL, 9).Redeem(text); !errors.Is(err, ErrTicket) {
		t.Errorf("at another store: got %v, want ErrTicket", err)
	}
	if _, err := tickets.Redeem(text); err != nil {
		t.Errorf("the ticket itself: %v", err)
	}
}

func TestTickets_AreHeldAsHashes(t *testing.T) {
	tickets := NewTickets(DefaultTicketTTL, DefaultMaxTickets)
	text := issue(t, tickets, Principal{User: "alice"})
	for e := tickets.byAge.Front(); e != nil; e = e.Next() {
		if dump := fmt.Sprintf("%+v %q", e.Value, e.Value.(*ticket).hash[:]); strings.Contains(dump, text[:8]) {
			t.Error("the ticket is held as it is")
		}
	}
}

func TestTickets_Expire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tickets := NewTickets(30*time.Second, 100)
		first := issue(t, tickets, Principal{User: "alice"})
		time.Sleep(20 * time.Second)
		second := issue(t, tickets, Principal{User: "alice"})
		time.Sleep(10 * time.Second)
		if _, err := tickets.Redeem(first); !errors.Is(err, ErrTicket) {
			t.Errorf("after 30 s: got %v, want ErrTicket", err)
		}
		if n := tickets.Len(); n != 1 {
			t.Errorf("%d open tickets, want 1", n)
		}
		if _, err := tickets.Redeem(second); err != nil {
			t.Errorf("after 10 s: %v", err)
		}
	})
}

func TestTickets_EndWithTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tickets := NewTickets(30*time.Second, 100)
		end := time.Now().Add(5 * time.Second)
		text, expires, err := tickets.Issue(Principal{User: "alice", Expires: end})
		if err != nil || !expires.Equal(end) {
			t.Fatalf("expires %v, %v, want %v", expires, err, end)
		}
		time.Sleep(5 * time.Second)
		if _, err := tickets.Redeem(text); !errors.Is(err, ErrExpired) {
			t.Errorf("got %v, want ErrExpired", err)
		}
	})
}

func TestTickets_AreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tickets := NewTickets(30*time.Second, 3)
		for i := range 3 {
			issue(t, tickets, Principal{User: fmt.Sprint("u", i)})
		}
		if _, _, err := tickets.Issue(Principal{User: "u"}); !errors.Is(err, ErrTicketLimit) {
			t.Errorf("got %v, want ErrTicketLimit", err)
		}
		time.Sleep(30 * time.Second)
		issue(t, tickets, Principal{User: "u"})
	})
}

func TestTickets_OneUserCannotTakeAll(t *testing.T) {
	tickets := NewTickets(DefaultTicketTTL, DefaultMaxTickets)
	var texts []string
	for range ticketsPerUser {
		texts = append(texts, issue(t, tickets, Principal{User: "alice"}))
	}
	if _, _, err := tickets.Issue(Principal{User: "alice"}); !errors.Is(err, ErrTicketLimit) {
		t.Errorf("got %v, want ErrTicketLimit", err)
	}
	issue(t, tickets, Principal{User: "bob"})
	if _, err := tickets.Redeem(texts[7]); err != nil {
		t.Fatal(err)
	}
	issue(t, tickets, Principal{User: "alice"})
}
