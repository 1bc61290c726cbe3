package webhook

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// at are events such as "+alice" and "-bob", of so many seconds.
func at(seconds int, changes ...string) (all []Event) {
	for _, c := range changes {
		e := Event{Type: UserOffline, User: c[1:], At: time.Unix(int64(seconds), 0)}
		if c[0] == '+' {
			e.Type = UserOnline
		}
		all = append(all, e)
	}
	return all
}

func text(events []Event) string {
	var all []string
	for _, e := range events {
		sign := "-"
		if e.Type == UserOnline {
			sign = "+"
		}
		all = append(all, sign+e.User)
	}
	return strings.Join(all, " ")
}

func TestLedger_StrikesOutWhatOthersHaveTold(t *testing.T) {
	for _, tt := range []struct {
		name       string
		told       []Event
		open, last string
	}{
		{"the event", at(10, "+a"), "-a +b +a", ""},
		{"as seen a little later", at(12, "+a"), "-a +b +a", ""},
		{"as seen a little earlier", at(8, "+a"), "-a +b +a", ""},
		{"a later one, with what was before", at(20, "-a"), "+b +a", ""},
		{"the last", at(30, "+a"), "+b", "+a"},
		{"an earlier one of the kind", at(1, "+a"), "+a -a +b +a", ""},
		{"another kind", at(9, "-b"), "+a -a +b +a", ""},
		{"another user", at(50, "+c"), "+a -a +b +a", "+c"},
		{"several", append(at(10, "+a"), at(15, "+b")...), "-a +a", "+b"},
		{"one after the other", slices.Concat(at(10, "+a"), at(20, "-a"), at(30, "+a")), "+b", "+a"},
		{"nothing", nil, "+a -a +b +a", ""},
	} {
		l := ledger{within: 6 * time.Second}
		for _, e := range [][]Event{at(10, "+a"), at(20, "-a"), at(15, "+b"), at(30, "+a")} {
			l.add(e, time.Unix(40, 0))
		}
		last := text(l.confirm(tt.told))
		if open := text(l.take(func(*Event) bool { return true })); open != tt.open || last != tt.last {
			t.Errorf("%s: open %q, last %q; want %q, %q", tt.name, open, last, tt.open, tt.last)
		}
	}
}

func TestLedger_KeepsWhatIsNotItsOwn(t *testing.T) {
	own := func(e *Event) bool { return e.User == "own" }
	now := time.Unix(1000, 0)
	l := ledger{within: time.Second}
	l.add(at(1, "+x", "+own", "+y"), now)
	if got := text(l.take(own)); got != "+own" {
		t.Errorf("took %q", got)
	}
	l.add(at(2, "+own"), now)
	l.add(at(3, "+z"), now.Add(1))
	l.expire(own, now.Add(keepOpen)) // others' only
	l.add(at(4, "+w"), now)
	if n := l.cut(own, 2); n != 1 { // the own one is lost
		t.Errorf("%d cut", n)
	}
	if n := l.cut(own, 1); n != 0 {
		t.Errorf("%d cut of others", n)
	}
	if got := text(l.take(func(*Event) bool { return true })); got != "+w" {
		t.Errorf("left %q", got)
	}
}
