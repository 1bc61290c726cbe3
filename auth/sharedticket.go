package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.org/hub/engine"
)

const (
	ticketAppend = 2 * time.Second // for the log to store a ticket or its redemption
	ticketTravel = time.Second     // for a ticket of another hub to arrive
	maxArrivals  = 256             // requests that wait for one; the others are refused at once
)

// ErrServiceTicket is returned by SharedTickets.Issue for who is no user.
var ErrServiceTicket = errors.New("tickets are for users")

// Appender stores records in the log. engine.Engine is one.
type Appender interface {
	Append(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error)
}

// SharedTickets are Tickets that every hub of a cluster knows and of which each
// is redeemed once among all of them. They travel in the log; to redeem one is
// to append a record under a key that is the ticket's own, which the log accepts
// once. The methods may be called from any goroutine.
//
// The log remembers the key for engine.IdempotencyTTL and a ticket must not live
// that long. It is redeemed twice only if a hub's clock is more than the
// difference behind and the hub was cut off from the log for as long.
type SharedTickets struct {
	tickets *Tickets
	log     Appender

	mu       sync.Mutex
	arrivals map[ticketHash]*arrival
	waiting  int
	used     usedTickets
}

// arrival tells who waits that a ticket, or its redemption, has come out of the log.
type arrival struct {
	came    chan struct{}
	waiting int
}

// NewSharedTickets returns tickets that travel in a log. Apply is to be called
// with all of its records of kind engine.Ticket.
func NewSharedTickets(tickets *Tickets, log Appender) *SharedTickets {
	return &SharedTickets{tickets: tickets, log: log, arrivals: make(map[ticketHash]*arrival), used: usedTickets{known: make(map[ticketHash]struct{})}}
}

// Issue is like Tickets.Issue. It also fails with the errors of the log.
func (s *SharedTickets) Issue(p Principal) (text string, expires time.Time, err error) {
	if p.User == "" {
		return "", time.Time{}, ErrServiceTicket
	}
	text, expires, err = s.tickets.Issue(p)
	if err != nil {
		return "", time.Time{}, err
	}
	hash := ticketHash(sha256.Sum256([]byte(text)))
	r := issuedRecord(hash, &p, expires)
	if _, err := s.append(&r, ""); err != nil {
		s.tickets.drop(hash)
		return "", time.Time{}, fmt.Errorf("issue ticket: %w", err)
	}
	return text, expires, nil
}

// Redeem is like Tickets.Redeem. A ticket of another hub may be on its way; it
// waits up to a second for that. It also fails with the errors of the log; the
// ticket may be used up then.
func (s *SharedTickets) Redeem(text string) (Principal, error) {
	if text == "" {
		return Principal{}, ErrMissing
	}
	if len(text) != base64.RawURLEncoding.EncodedLen(ticketBytes) {
		return Principal{}, ErrTicket
	}
	hash := ticketHash(sha256.Sum256([]byte(text)))
	p, ok := s.await(hash)
	if !ok {
		return Principal{}, ErrTicket
	}
	first, err := s.append(&ticketRecord{Hash: hash[:], Redeemed: true}, hash.claimKey())
	if err != nil {
		return Principal{}, fmt.Errorf("redeem ticket: %w", err)
	}
	s.tickets.drop(hash)
	if !first {
		return Principal{}, ErrTicket
	}
	if !p.Expires.IsZero() && !time.Now().Before(p.Expires) {
		return Principal{}, ErrExpired
	}
	return p, nil
}

// append reports whether the record is the first of its key.
func (s *SharedTickets) append(r *ticketRecord, key string) (first bool, err error) {
	rec, err := r.record(time.Now())
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), ticketAppend)
	defer cancel()
	appended, err := s.log.Append(ctx, rec, key)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", engine.ErrUnavailable, err)
	}
	return !appended.Duplicate, err
}

// Apply takes a record of kind engine.Ticket from the log, in the log's order.
// It returns an error for what it does not understand.
func (s *SharedTickets) Apply(rec *engine.Record) error {
	r, err := parseTicketRecord(rec.Body)
	if err != nil {
		return err
	}
	hash := r.hash()
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Redeemed {
		s.tickets.drop(hash)
		s.used.add(hash)
	} else {
		s.tickets.insert(hash, r.principal(), r.Until)
	}
	if a := s.arrivals[hash]; a != nil {
		close(a.came)
		delete(s.arrivals, hash)
	}
	return nil
}

// await returns whom a ticket is for, and waits for it if it is not known yet.
func (s *SharedTickets) await(hash ticketHash) (Principal, bool) {
	if p, ok := s.tickets.find(hash); ok {
		return p, true
	}
	a := s.expect(hash)
	if a == nil {
		return Principal{}, false
	}
	defer s.giveUp(hash, a)
	if p, ok := s.tickets.find(hash); ok { // it came in between
		return p, true
	}
	timer := time.NewTimer(ticketTravel)
	defer timer.Stop()
	select {
	case <-a.came:
		return s.tickets.find(hash)
	case <-timer.C:
		return Principal{}, false
	}
}

// expect returns the arrival of a ticket, nil if it will not come or too many are
// waited for.
func (s *SharedTickets) expect(hash ticketHash) *arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting >= maxArrivals || s.used.has(hash) {
		return nil
	}
	a := s.arrivals[hash]
	if a == nil {
		a = &arrival{came: make(chan struct{})}
		s.arrivals[hash] = a
	}
	a.waiting++
	s.waiting++
	return a
}

func (s *SharedTickets) giveUp(hash ticketHash, a *arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
	if a.waiting--; a.waiting == 0 && s.arrivals[hash] == a {
		delete(s.arrivals, hash)
	}
}
