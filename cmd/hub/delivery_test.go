package main

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/history"
)

func TestDelivery_WaitsForTheActors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDelivery(auth.NewRevocations())
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
	d := newDelivery(auth.NewRevocations())
	d.deliver([]*history.Entry{{Record: &engine.Record{Transient: true}}}) // returns
	var got int
	d.connect(routerFunc(func(entries []*history.Entry) { got += len(entries) }))
	d.deliver([]*history.Entry{{Record: &engine.Record{Transient: true}}})
	if got != 1 {
		t.Errorf("delivered %d, want 1", got)
	}
}

func TestDelivery_IsReleasedByAFailedStart(t *testing.T) {
	d := newDelivery(auth.NewRevocations())
	d.connect(nil)
	d.connect(routerFunc(func([]*history.Entry) { t.Error("connected twice") }))
	d.deliver([]*history.Entry{{Seq: 1, Record: &engine.Record{}}})
}

// A stream that is ended by a revocation may come back at once: its token has to
// be refused by then.
func TestDelivery_RevokesBeforeTheActorsKnow(t *testing.T) {
	d := newDelivery(auth.NewRevocations())
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
	d.deliver([]*history.Entry{{Record: &engine.Record{Kind: engine.Revoke, To: []engine.Address{engine.User("alice")}, Time: now}}})
	if !called {
		t.Error("the actors were not told")
	}
}

// routerFunc is a router that is only delivered to.
type routerFunc func([]*history.Entry)

func (f routerFunc) Deliver(entries []*history.Entry) { f(entries) }

func (routerFunc) Reset(history.Gap) {}
