package actors

import (
	"strings"
	"testing"

	"example.org/hub/engine"
)

func TestHub_ControlRecordsEndStreams(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	one, two, bob := f.attach("alice"), f.attach("alice"), f.attach("bob")
	record := func(kind engine.Kind, to engine.Address) (int, int) {
		return f.counts(f.publish(&engine.Record{Kind: kind, To: []engine.Address{to}}, "-"))
	}
	if c, u := record(engine.Disconnect, engine.Connection(connectionIDOf(t, one))); c != 1 || u != 1 {
		t.Errorf("disconnected %d of %d, want 1 of 1", c, u)
	}
	one.waitClosed(t)
	if c, _ := record(engine.Revoke, engine.User("alice")); c < 1 {
		t.Errorf("revoked %d", c)
	}
	two.waitClosed(t)
	if !strings.Contains(two.text(), `"reason":"revoked"`) || !strings.Contains(one.text(), `"reason":"admin"`) {
		t.Errorf("reasons: %q and %q", one.text(), two.text())
	}
	f.waitConnections(1)
	f.to("bob stays", engine.All)
	bob.waitFor(t, "bob stays")
}

// A revocation may be routed between the check of a token and the attach of its
// stream. Fails if the registry does not ask again.
func TestAttach_AsksAgainWhetherTheTokenIsGood(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	s := newSink()
	f.attachTo(s, "alice", func(a *Attach) { a.Allowed = func() bool { return false } })
	s.waitClosed(t)
	if s.refused != RefusedRevoked {
		t.Errorf("refused with %q, want %q", s.refused, RefusedRevoked)
	}
	f.attach("alice", func(a *Attach) { a.Allowed = func() bool { return true } })
}
