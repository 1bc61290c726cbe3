package auth

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"sync"
	"time"
)

const (
	// DefaultTicketTTL is long enough to open a stream with a ticket.
	DefaultTicketTTL = 30 * time.Second

	// DefaultMaxTickets bounds the memory to about 4 MB.
	DefaultMaxTickets = 10_000

	ticketBytes    = 32 // 256 bits of chance
	ticketsPerUser = 32 // so that one user cannot take all the room
)

// Tickets issues and redeems one-time tickets, which stand for a token where
// only a URL can carry it. They are kept as SHA-256 hashes, by this hub only:
// SharedTickets tell the others. The methods may be called from any goroutine.
type Tickets struct {
	ttl time.Duration
	max int

	mu      sync.Mutex
	byHash  map[ticketHash]*list.Element
	byAge   *list.List     // of *ticket, oldest first
	perUser map[string]int // open tickets by Principal.Name
}

type ticket struct {
	hash      ticketHash
	principal Principal
	expires   time.Time
}

// NewTickets returns a store of at most max open tickets, each good for ttl.
func NewTickets(ttl time.Duration, maxOpen int) *Tickets {
	return &Tickets{
		ttl: ttl, max: maxOpen,
		byHash:  map[ticketHash]*list.Element{},
		byAge:   list.New(),
		perUser: map[string]int{},
	}
}

// Issue returns a ticket for p and the time until which it can be redeemed, at
// most p.Expires. The error is ErrTicketLimit, for too many open tickets of p
// or in all.
func (t *Tickets) Issue(p Principal) (text string, expires time.Time, err error) {
	secret := make([]byte, ticketBytes)
	rand.Read(secret) // never fails
	text = base64.RawURLEncoding.EncodeToString(secret)

	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.sweep(now)
	if n := t.perUser[p.Name()]; n >= ticketsPerUser {
		return "", time.Time{}, fmt.Errorf("%w: %d of the same user", ErrTicketLimit, n)
	}
	if t.byAge.Len() >= t.max {
		return "", time.Time{}, fmt.Errorf("%w: %d", ErrTicketLimit, t.max)
	}
	k := &ticket{hash: sha256.Sum256([]byte(text)), principal: p, expires: now.Add(t.ttl)}
	t.add(k)
	if !p.Expires.IsZero() && p.Expires.Before(k.expires) {
		return text, p.Expires, nil
	}
	return text, k.expires, nil
}

// Redeem returns the principal of a ticket and makes the ticket useless, even
// for another Redeem at the same moment. What the ticket stands for may have
// been revoked meanwhile: ask Revocations.
//
// Errors wrap ErrMissing, ErrTicket, or ErrExpired if the token behind the
// ticket is too old by now.
func (t *Tickets) Redeem(text string) (Principal, error) {
	if text == "" {
		return Principal{}, ErrMissing
	}
	if len(text) != base64.RawURLEncoding.EncodedLen(ticketBytes) {
		return Principal{}, ErrTicket
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.sweep(now)
	e, ok := t.byHash[sha256.Sum256([]byte(text))]
	if !ok {
		return Principal{}, ErrTicket
	}
	p := t.remove(e).principal
	if !p.Expires.IsZero() && !now.Before(p.Expires) {
		return Principal{}, ErrExpired
	}
	return p, nil
}

// find returns whom an open ticket is for.
func (t *Tickets) find(hash ticketHash) (Principal, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.byHash[hash]
	if !ok || !time.Now().Before(e.Value.(*ticket).expires) {
		return Principal{}, false
	}
	return e.Value.(*ticket).principal, true
}

// insert adds a ticket that another hub has issued, unless it is known, too old,
// or one too many. Each user's limit is that hub's business.
func (t *Tickets) insert(hash ticketHash, p Principal, expires time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.sweep(now)
	if _, known := t.byHash[hash]; known || !now.Before(expires) || t.byAge.Len() >= t.max {
		return
	}
	if latest := now.Add(t.ttl); expires.After(latest) {
		expires = latest // the other clock is ahead
	}
	t.add(&ticket{hash: hash, principal: p, expires: expires})
}

func (t *Tickets) add(k *ticket) {
	t.byHash[k.hash] = t.byAge.PushBack(k)
	t.perUser[k.principal.Name()]++
}

// drop forgets a ticket.
func (t *Tickets) drop(hash ticketHash) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.byHash[hash]; ok {
		t.remove(e)
	}
}

// Len returns the number of open tickets.
func (t *Tickets) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(time.Now())
	return t.byAge.Len()
}

// sweep forgets the tickets that are too old. All live about equally long, so that
// they are the first of the list; each is looked at once. One that lives shorter
// than those before it stays a little longer, and is not found.
func (t *Tickets) sweep(now time.Time) {
	for e := t.byAge.Front(); e != nil && !now.Before(e.Value.(*ticket).expires); e = t.byAge.Front() {
		t.remove(e)
	}
}

func (t *Tickets) remove(e *list.Element) *ticket {
	k := t.byAge.Remove(e).(*ticket)
	delete(t.byHash, k.hash)
	name := k.principal.Name()
	if t.perUser[name]--; t.perUser[name] == 0 {
		delete(t.perUser, name)
	}
	return k
}
