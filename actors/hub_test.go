package actors

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.org/hub/engine"
	"example.org/hub/history"
)

func TestHub_RoutesToEveryKindOfAddress(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	alice1 := f.attach("alice", func(a *Attach) { a.Topics = []string{"news"} })
	alice2 := f.attach("alice")
	bob := f.attach("bob", func(a *Attach) { a.Topics = []string{"news", "sport"} })

	check := func(text string, connections, users int, to ...engine.Address) {
		t.Helper()
		if c, u := f.to(text, to...); c != connections || u != users {
			t.Errorf("%s reached %d connections of %d users, want %d of %d", text, c, u, connections, users)
		}
	}
	check("to-alice", 2, 1, engine.User("alice"))
	check("to-nobody", 0, 0, engine.User("carol"))
	check("to-news", 2, 2, engine.Topic("news"))
	check("to-sport", 1, 1, engine.Topic("sport"))
	check("to-all", 3, 2, engine.All)
	check("to-both", 3, 2, engine.User("alice"), engine.Topic("news"))
	check("to-overlap", 3, 2, engine.Topic("news"), engine.User("alice"), engine.All)
	check("to-one", 1, 1, engine.Connection(connectionIDOf(t, alice2)))
	check("to-none", 0, 0, engine.Connection("zzz"))

	alice1.waitFor(t, "to-overlap")
	alice2.waitFor(t, "to-one")
	bob.waitFor(t, "to-overlap")
	f.ping()
	for _, tt := range []struct {
		name string
		sink *sink
		want []string
	}{
		{"alice1", alice1, []string{"to-alice", "to-news", "to-all", "to-both", "to-overlap"}},
		{"alice2", alice2, []string{"to-alice", "to-all", "to-both", "to-overlap", "to-one"}},
		{"bob", bob, []string{"to-news", "to-sport", "to-all", "to-both", "to-overlap"}},
	} {
		if got := tt.sink.data(t); !slices.Equal(got, tt.want) {
			t.Errorf("%s got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func connectionIDOf(t *testing.T, s *sink) string {
	t.Helper()
	_, rest, ok := strings.Cut(s.text(), `"connectionId":"`)
	id, _, ok2 := strings.Cut(rest, `"`)
	if !ok || !ok2 {
		t.Fatalf("no connection id in %q", s.text())
	}
	return id
}

func TestHub_HonoursExceptAndEventFilter(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	plain := f.attach("alice")
	picky := f.attach("alice", func(a *Attach) { a.Events = []string{"wanted", ""} })

	except := &engine.Record{To: []engine.Address{engine.All}, Name: "wanted", Except: connectionIDOf(t, picky)}
	if c, u := f.counts(f.publish(except, "not for picky")); c != 1 || u != 1 {
		t.Errorf("except: reached %d of %d, want 1 of 1", c, u)
	}
	if c, _ := f.counts(f.publish(&engine.Record{To: []engine.Address{engine.User("alice")}, Name: "other"}, "x")); c != 1 {
		t.Errorf("filtered event reached %d, want 1", c)
	}
	if c, _ := f.counts(f.publish(&engine.Record{To: []engine.Address{engine.All}}, "untyped")); c != 2 {
		t.Errorf("untyped event reached %d, want 2", c)
	}
	picky.waitFor(t, "untyped")
	if got := picky.text(); strings.Contains(got, "not for picky") || strings.Contains(got, "event: other") {
		t.Errorf("picky got %q", got)
	}
	plain.waitFor(t, "untyped")
}

func TestHub_FirstBlockHasHeadRetryConnectedAndPosition(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	f.to("before", engine.All)
	s := f.attach("alice")
	text := s.text()
	for _, want := range []string{
		"HEAD\r\n\r\nretry: ", "event: connected\ndata: {\"connectionId\":", `"userId":"alice"`,
		`"heartbeatMs":15000`, `"resumed":false`, "\nid: t1-1\n\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("first block lacks %q: %q", want, text)
		}
	}
	if strings.Contains(text, "before") {
		t.Error("a new client got an event of before its time")
	}
}

func TestHub_ResumesAfterLastEventID(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	for i := range 5 {
		f.to(fmt.Sprintf("a%d", i+1), engine.User("alice"))
		f.to(fmt.Sprintf("b%d", i+1), engine.User("bob"))
	}
	s := f.attach("alice", func(a *Attach) { a.LastEventID = "t1-3" })
	if got, want := s.data(t), []string{"a3", "a4", "a5"}; !slices.Equal(got, want) {
		t.Errorf("replayed %v, want %v", got, want)
	}
	if text := s.text(); !strings.Contains(text, `"resumed":true`) || strings.Contains(text, "event: gap") {
		t.Errorf("a complete resume says otherwise: %q", text)
	}
	if !strings.HasSuffix(s.text(), "id: t1-10\n\n") {
		t.Errorf("the replay does not end with the head position: %q", s.text())
	}
}

func TestHub_SaysGapBeforeAnythingElse(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	f.to("x", engine.All)
	for _, id := range []string{"old-7", "t1-99", "garbage", "t1--1"} {
		s := f.attach("alice", func(a *Attach) { a.LastEventID = id })
		events := s.events(t)
		if len(events) < 2 || events[1].Name != "gap" || !strings.Contains(string(events[1].Data), `"reason":"epoch"`) {
			t.Errorf("Last-Event-ID %q: got %v", id, events)
		}
		if !strings.Contains(s.text(), `"resumed":false`) {
			t.Errorf("Last-Event-ID %q: claims to have resumed", id)
		}
	}
}

func TestHub_ResetTellsEveryStreamAndGoesOnInTheNewEpoch(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	f.to("before", engine.All)
	s := f.attach("alice")
	f.hub.Reset(history.Gap{From: "t1-1", To: "t2-40", Reason: history.GapEpoch})
	s.waitFor(t, `event: gap`+"\n"+`data: {"from":"t1-1","to":"t2-40","reason":"epoch"}`+"\n\nid: t2-40\n\n")
	if got := f.hub.position(41); got != "t2-41" {
		t.Errorf("position 41 is told as %q", got)
	}
}

func TestHub_LimitsConnectionsOfAUser(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.MaxPerUser = 2 })
	defer f.stop()
	first := f.attach("alice")
	f.attach("alice")
	third := newSink()
	f.attachTo(third, "alice")
	third.waitClosed(t)
	if third.refused != RefusedUserLimit {
		t.Errorf("refused with %q, want %q", third.refused, RefusedUserLimit)
	}
	first.owner.Hangup(ReasonClient)
	first.waitClosed(t)
	f.waitConnections(1)
	f.attach("alice")
}

// waitConnections waits until the hub has n connections.
func (f *fixture) waitConnections(n int64) {
	f.t.Helper()
	for range 10_000 {
		f.ping()
		if f.hub.Stats().Connections == n {
			return
		}
	}
	f.t.Fatalf("%d connections, want %d", f.hub.Stats().Connections, n)
}
