package history_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

// order returns a record that is not an event.
func order(kind engine.Kind, body string) *engine.Record {
	r := rec(body)
	r.Kind = kind
	return r
}

func TestLog_TellsOfControlAlsoWhileItLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t, memory.Config{})
		for _, r := range []*engine.Record{order(engine.Revoke, "a"), rec("event"), order(engine.Ticket, "b")} {
			if _, err := eng.Append(t.Context(), r, ""); err != nil {
				t.Fatal(err)
			}
		}
		var h hub
		var told []string
		cfg := history.Config{OnControl: func(r *engine.Record) {
			if len(told) == 2 && h.bodies() != "" {
				t.Error("an order was delivered before it was told of")
			}
			told = append(told, string(r.Body))
		}}
		l := open(t, eng, cfg, &h)
		if want := []string{"a", "b"}; !slices.Equal(told, want) {
			t.Fatalf("told of %q, want %q", told, want)
		}
		mustAppend(t, l, order(engine.Revoked, "c"), "").Wait(t.Context())
		if want := []string{"a", "b", "c"}; !slices.Equal(told, want) {
			t.Errorf("told of %q, want %q", told, want)
		}
		wantBodies(t, &h, "c")
	})
}

// A hub whose log was replaced while it was cut off has open streams, which must
// not outlive the orders to end them.
func TestLog_DeliversOrdersOfALogThatReplacesAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		var h hub
		l := open(t, eng, history.Config{}, &h)
		other := newEngine(t, memory.Config{})
		for _, r := range []*engine.Record{rec("event"), order(engine.Revoke, "revoke"), order(engine.Disconnect, "disconnect"), order(engine.Ticket, "ticket")} {
			if _, err := other.Append(t.Context(), r, ""); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		old := eng.now().cut
		eng.become(func(f *faults) { f.Engine = other })
		old()
		time.Sleep(10 * time.Second)
		wantBodies(t, &h, "revokedisconnect")
		if !l.Warm() {
			t.Error("the window is not warm")
		}
	})
}

func TestLog_KnowsHowLongTheEngineIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newFaulty(t)
		l := open(t, eng, history.Config{}, new(hub))
		synctest.Wait()
		if d := l.Down(); d != 0 || !l.Up() || !l.Warm() {
			t.Errorf("down for %v, up %v, warm %v", d, l.Up(), l.Warm())
		}
		old := eng.now().cut
		eng.become(func(f *faults) {
			f.bounds = func(context.Context) (engine.Bounds, error) { return engine.Bounds{}, errBroken }
		})
		old()
		synctest.Wait()
		time.Sleep(time.Minute)
		if d := l.Down(); d != time.Minute || l.Up() {
			t.Errorf("down for %v, up %v", d, l.Up())
		}
		eng.become(func(f *faults) { f.bounds = nil })
		time.Sleep(10 * time.Second)
		if d := l.Down(); d != 0 || !l.Up() {
			t.Errorf("again: down for %v, up %v", d, l.Up())
		}
	})
}

func TestLog_CountsForThePublisherOfAnotherHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t, memory.Config{})
		var a, b hub
		la := open(t, eng, history.Config{}, &a)
		lb, err := history.Open(t.Context(), eng, history.Config{}, 8, slog.New(slog.DiscardHandler), b.deliver)
		if err != nil {
			t.Fatal(err)
		}
		defer lb.Close()
		for _, transient := range []bool{false, true} {
			r := rec("x")
			r.Counted, r.Transient = true, transient
			p := mustAppend(t, la, r, "")
			p.Wait(t.Context())
			synctest.Wait()
			for _, l := range []*history.Log{la, lb} {
				if c, u, known := l.Count(la.Origin(), p.Nonce()); c != 2 || u != 1 || !known {
					t.Errorf("transient %v: %d connections of %d users, known %v", transient, c, u, known)
				}
			}
		}
		p := mustAppend(t, la, rec("y"), "")
		p.Wait(t.Context())
		synctest.Wait()
		if _, _, known := lb.Count(la.Origin(), p.Nonce()); known || b.got[2].Receipt != nil {
			t.Error("counted without being asked to")
		}
	})
}
