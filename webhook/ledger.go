package webhook

import (
	"slices"
	"time"
)

// ledger is what this hub has decided, held against what others have told.
type ledger struct {
	open  []decision
	early map[fact]time.Time // told by another hub before this one had decided
}

// decision is an event that nobody is known to have told.
type decision struct {
	event Event
	at    time.Time
}

// fact is what two hubs mean alike by an event.
type fact struct {
	user   string
	online bool
}

func factOf(e *Event) fact { return fact{e.User, e.Type == UserOnline} }

// confirm strikes out what others have told.
func (l *ledger) confirm(told []Change, now time.Time) {
	if len(told) == 0 {
		return
	}
	facts := make(map[fact]int, len(told))
	for _, c := range told {
		facts[fact{c.User, c.Online}]++
	}
	l.open = slices.DeleteFunc(l.open, func(d decision) bool {
		f := factOf(&d.event)
		found := facts[f] > 0
		if found {
			facts[f]--
		}
		return found
	})
	if l.early == nil {
		l.early = make(map[fact]time.Time)
	}
	for _, c := range told {
		age := time.Duration(c.Age) * time.Millisecond
		if f := (fact{c.User, c.Online}); facts[f] > 0 && age < keepOpen {
			l.early[f] = now.Add(-age)
		}
	}
}

// add takes in decisions, less those that others have told already.
func (l *ledger) add(events []Event, now time.Time) {
	for f, at := range l.early {
		if now.Sub(at) >= keepOpen {
			delete(l.early, f)
		}
	}
	for i := range events {
		f := factOf(&events[i])
		if _, told := l.early[f]; told {
			delete(l.early, f)
			continue
		}
		l.open = append(l.open, decision{events[i], now})
	}
}

// take returns what is open, and closes it.
func (l *ledger) take() []Event {
	events := make([]Event, 0, len(l.open))
	for _, d := range l.open {
		events = append(events, d.event)
	}
	l.open = nil
	return events
}

// expire forgets what the first hub has not told for so long that it must have
// come to another decision.
func (l *ledger) expire(now time.Time) {
	l.open = slices.DeleteFunc(l.open, func(d decision) bool { return now.Sub(d.at) >= keepOpen })
}

// cut keeps the newest decisions and returns how many that were too many.
func (l *ledger) cut(most int) int {
	n := max(0, len(l.open)-most)
	l.open = l.open[n:]
	return n
}
