package actors

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"example.org/hub/engine"
)

// A fault at any message of any actor ends what that actor is for, is counted,
// and is nobody else's. Nil pointers make the fault; messages that have no content
// to be read fail where they write.
func TestFailure_AtEveryMessageIsContained(t *testing.T) {
	for kind, messages := range map[string][]any{
		"registry": {
			(*route)(nil), (*reset)(nil), (*Attach)(nil), (*detached)(nil), (*idle)(nil), (*gone)(nil), (*tick)(nil),
			(*dashboard)(nil), (*drain)(nil), (*list)(nil), (*ping)(nil),
		},
		"user":       {(*relay)(nil), (*adopt)(nil), (*closed)(nil), (*describe)(nil)},
		"connection": {(*deliver)(nil), (*notice)(nil), (*open)(nil), (*finish)(nil), (*hangup)(nil), writable{}},
	} {
		for _, message := range messages {
			t.Run(fmt.Sprintf("%s %T", kind, message), func(t *testing.T) {
				var log strings.Builder // of an actor at a time
				f := newFixture(t, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
				well := f.attach("bob")
				sick := f.failAt(kind, message)
				sick.waitClosed(t)
				if kind == "registry" { // above all of them
					well.waitClosed(t)
					well = f.attach("bob")
				}
				f.waitConnections(1)
				again := f.attach("alice")
				if c, u := f.to("after it", engine.All); c != 2 || u != 2 {
					t.Errorf("reached %d connections of %d users, want 2 of 2", c, u)
				}
				well.waitFor(t, "after it")
				again.waitFor(t, "after it")
				f.wantFaults(kind)
				f.stop()
				if text := log.String(); !strings.Contains(text, "fault.text=") || !strings.Contains(text, "actors.(*"+kind+").") {
					t.Errorf("the log does not say where:\n%s", &log)
				}
			})
		}
	}
}

// failAt opens a stream of alice and has an actor fail at a message.
func (f *fixture) failAt(kind string, message any) *sink {
	f.t.Helper()
	if _, opening := message.(*open); opening {
		s := newSink()
		s.fault = "HEAD"
		f.attachTo(s, "alice")
		return s
	}
	s := f.attach("alice")
	conn := s.owner.(*connection)
	switch {
	case kind == "registry":
		f.hub.send(f.hub.registry, message)
	case kind == "user":
		f.hub.send(conn.user.pid, message)
	case message == writable{}:
		s.allow(0)
		f.to("poison", engine.User("alice"))
		s.wait(f.t, "a write without room", func() bool { return s.starved })
		s.mu.Lock()
		s.fault = "poison"
		s.mu.Unlock()
		s.allow(-1)
	default:
		conn.tell(message)
	}
	return s
}

// wantFaults fails unless exactly one fault is counted, of that kind.
func (f *fixture) wantFaults(kind string) {
	f.t.Helper()
	for each, counter := range f.hub.metrics.faultsByKind {
		want := uint64(0)
		if each == kind {
			want = 1
		}
		if n := counter.Get(); n != want {
			f.t.Errorf("%d failures of %s are counted, want %d", n, each, want)
		}
	}
}
