package main

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/history"
)

func TestDelivery_WaitsForTheActors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDelivery()
		done := false
		go func() {
			d.deliver([]*history.Entry{{Seq: 1, Record: &engine.Record{}}})
			done = true
		}()
		synctest.Wait()
		if done {
			t.Error("an entry went by before there were actors")
		}
		var got []*history.Entry
		d.connect(routerFunc(func(entries []*history.Entry) { got = append(got, entries...) }))
		synctest.Wait()
		if !done || len(got) != 1 || got[0].Seq != 1 {
			t.Errorf("done %v, delivered %v", done, got)
		}
	})
}

func TestDelivery_LetsTransientsGoWhileNobodyIsThere(t *testing.T) {
	d := newTestDelivery()
	d.deliver([]*history.Entry{{Record: &engine.Record{Transient: true}}}) // returns
	var got int
	d.connect(routerFunc(func(entries []*history.Entry) { got += len(entries) }))
	d.deliver([]*history.Entry{{Record: &engine.Record{Transient: true}}})
	if got != 1 {
		t.Errorf("delivered %d, want 1", got)
	}
}

func TestDelivery_IsReleasedByAFailedStart(t *testing.T) {
	d := newTestDelivery()
	d.connect(nil)
	d.connect(routerFunc(func([]*history.Entry) { t.Error("connected twice") }))
	d.deliver([]*history.Entry{{Seq: 1, Record: &engine.Record{}}})
}

// A stream that is ended by a revocation may come back at once: its token has to
// be refused by then.
func TestDelivery_RevokesBeforeTheActorsKnow(t *testing.T) {
	d := newTestDelivery()
	now := time.Now()
	alice := &auth.Principal{User: "alice", Issued: now.Add(-time.Minute)}
	bob := &auth.Principal{User: "bob", Issued: now.Add(-time.Minute)}
	called := false
	d.connect(routerFunc(func([]*history.Entry) {
		called = true
		if err := d.revocations.Check(alice); !errors.Is(err, auth.ErrRevoked) {
			t.Errorf("alice: %v", err)
		}
		if err := d.revocations.Check(bob); err != nil {
			t.Errorf("bob: %v", err)
		}
	}))
	rec := &engine.Record{Kind: engine.Revoke, To: []engine.Address{engine.User("alice")}, Time: now}
	d.control(rec)
	d.deliver([]*history.Entry{{Record: rec}})
	if !called {
		t.Error("the actors were not told")
	}
}

// A hub that has lost its place in the log may have missed an order to end
// streams. The repetition of what is revoked makes up for it.
func TestDelivery_EndsStreamsOfARevocationThatWasMissed(t *testing.T) {
	elsewhere := auth.NewRevocations(0)
	elsewhere.Revoke("alice", time.Now())
	records, err := elsewhere.Records(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d := newTestDelivery()
	var got []*history.Entry
	d.connect(routerFunc(func(entries []*history.Entry) { got = append(got, entries...) }))
	for range 2 { // the second time it is no news
		d.control(records[0])
		d.deliver([]*history.Entry{{Seq: 1, Record: records[0]}})
	}
	if len(got) != 3 || got[0].Record.Kind != engine.Revoke || got[0].Record.To[0] != engine.User("alice") ||
		got[1].Record.Kind != engine.Revoked || got[2].Record.Kind != engine.Revoked {
		t.Errorf("delivered %+v", got)
	}
	if err := d.revocations.Check(&auth.Principal{User: "alice", Issued: time.Now().Add(-time.Hour)}); !errors.Is(err, auth.ErrRevoked) {
		t.Errorf("Check: %v", err)
	}
}

func newTestDelivery() *delivery {
	tickets := auth.NewSharedTickets(auth.NewTickets(time.Minute, 1), nil)
	return newDelivery(auth.NewRevocations(0), tickets, slog.New(slog.DiscardHandler))
}

// routerFunc is a router that is only delivered to.
type routerFunc func([]*history.Entry)

func (f routerFunc) Deliver(entries []*history.Entry) { f(entries) }

func (routerFunc) Reset(history.Gap) {}
