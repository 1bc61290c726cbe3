package main

import (
	"slices"
	"sync"

	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/history"
)

// delivery is where the tail of the log ends: it applies revocations, then
// hands the entries to the actors. The log has to be open before there can be
// actors, so entries wait until connect has been called.
type delivery struct {
	revocations *auth.Revocations
	connected   chan struct{} // closed by connect
	once        sync.Once
	actors      router
}

// router is what the entries are for.
type router interface {
	Deliver([]*history.Entry)
	Reset(history.Gap)
}

func newDelivery(revocations *auth.Revocations) *delivery {
	return &delivery{revocations: revocations, connected: make(chan struct{})}
}

// connect lets the entries through to the actors. Calls after the first do
// nothing, so that a start that failed half-way can release the tail with nil.
func (d *delivery) connect(actors router) {
	d.once.Do(func() {
		d.actors = actors
		close(d.connected)
	})
}

// deliver takes entries in the order of the log.
func (d *delivery) deliver(entries []*history.Entry) {
	for _, e := range entries {
		if e.Record.Kind == engine.Revoke {
			d.revoke(e.Record)
		}
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
