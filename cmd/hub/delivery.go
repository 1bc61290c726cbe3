package main

import (
	"log/slog"
	"slices"
	"sync"

	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/history"
)

// delivery is where the tail of the log ends: it applies what is for the hub
// itself, then hands the entries to the actors. The log has to be open before
// there can be actors, so entries wait until connect has been called.
type delivery struct {
	revocations *auth.Revocations
	tickets     ticketLog
	log         *slog.Logger
	missed      []*history.Entry // orders that the hub learns of late; only the tail uses it

	connected chan struct{} // closed by connect
	once      sync.Once
	actors    router
}

// router is what the entries are for.
type router interface {
	Deliver([]*history.Entry)
	Reset(history.Gap)
}

// ticketLog takes the records of tickets.
type ticketLog interface {
	Apply(*engine.Record) error
}

func newDelivery(revocations *auth.Revocations, tickets ticketLog, log *slog.Logger) *delivery {
	return &delivery{revocations: revocations, tickets: tickets, log: log, connected: make(chan struct{})}
}

// connect lets the entries through to the actors. Calls after the first do
// nothing, so that a start that failed half-way can release the tail with nil.
func (d *delivery) connect(actors router) {
	d.once.Do(func() {
		d.actors = actors
		close(d.connected)
	})
}

// control takes the records that are not events, in the order of the log: each
// before deliver gets it, and those from before the start, which deliver does not
// get.
func (d *delivery) control(rec *engine.Record) {
	var err error
	switch rec.Kind {
	case engine.Revoke:
		d.revoke(rec)
	case engine.Revoked:
		err = d.repeated(rec)
	case engine.Ticket:
		err = d.tickets.Apply(rec)
	default: // the actors carry it out
	}
	if err != nil {
		d.log.Warn("record not understood", "kind", int(rec.Kind), "err", err)
	}
}

// deliver takes entries in the order of the log.
func (d *delivery) deliver(entries []*history.Entry) {
	if len(d.missed) > 0 {
		entries = slices.Concat(d.missed, entries)
		d.missed = nil
	}
	if d.early() && !slices.ContainsFunc(entries, func(e *history.Entry) bool { return e.Seq != 0 }) {
		return // transient, and nobody is there; the log may still be loading and must not wait
	}
	<-d.connected
	if d.actors != nil {
		d.actors.Deliver(entries)
	}
}

// reset passes on, in order with the entries, that some of them are missing.
// Before there are actors there are no streams to tell.
func (d *delivery) reset(gap history.Gap) {
	if d.early() {
		return
	}
	if d.actors != nil {
		d.actors.Reset(gap)
	}
}

// early reports whether connect has not been called yet.
func (d *delivery) early() bool {
	select {
	case <-d.connected:
		return false
	default:
		return true
	}
}

func (d *delivery) revoke(rec *engine.Record) {
	for _, to := range rec.To {
		if kind, user := to.Split(); kind == engine.KindUser {
			d.revocations.Revoke(user, rec.Time)
		}
	}
}

// repeated applies the revocations that another hub has repeated. If some of them
// are news, the order to end the streams was missed as well.
func (d *delivery) repeated(rec *engine.Record) error {
	news, err := d.revocations.Apply(rec)
	if err != nil || len(news) == 0 || d.early() {
		return err
	}
	order := &engine.Record{Kind: engine.Revoke, Time: rec.Time}
	for _, user := range news {
		order.To = append(order.To, engine.User(user))
	}
	d.missed = append(d.missed, &history.Entry{Record: order})
	return nil
}
