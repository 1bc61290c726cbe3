package webhook

import (
	"strings"
	"testing"
	"time"
)

func TestLedger_KeepsWhatNobodyHasTold(t *testing.T) {
	now := time.Unix(1000, 0)
	var l ledger
	open := func(want string) {
		t.Helper()
		var users []string
		for _, d := range l.open {
			users = append(users, d.event.User)
		}
		if got := strings.Join(users, " "); got != want {
			t.Errorf("open: %q, want %q", got, want)
		}
	}
	l.add(events("a", "b", "a"), now)
	l.confirm([]Change{{User: "a", Online: true, Told: true}, {User: "b", Told: true}}, now)
	open("b a") // once each, and b was told to be offline
	l.confirm([]Change{{User: "early", Online: true, Told: true}, {User: "old", Online: true, Told: true, Age: keepOpen.Milliseconds()}}, now)
	l.add(events("early", "old", "early"), now)
	open("b a old early")
	l.confirm([]Change{{User: "late", Online: true, Told: true}}, now)
	now = now.Add(keepOpen)
	l.add(events("late"), now)
	open("b a old early late")
	l.expire(now)
	open("late")
	l.add(events("x", "y"), now)
	if n := l.cut(2); n != 1 {
		t.Errorf("%d cut", n)
	}
	if got := l.take(); len(got) != 2 || got[0].User != "x" || len(l.open) != 0 {
		t.Errorf("took %v, left %v", got, l.open)
	}
}
