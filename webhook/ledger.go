package webhook

import (
	"slices"
	"time"
)

// ledger is what this hub has decided and nobody is known to have told.
type ledger struct {
	within time.Duration // see apart
	open   []decision    // in the order in which it is to be told
}

type decision struct {
	event Event
	at    time.Time // when it was made
}

// apart is how far apart two hubs may see the same event. Two events of a kind are
// at least two debounces apart, of at least a second.
func apart(debounce time.Duration) time.Duration { return debounce + lookEvery }

// confirm strikes out what others have told. It returns the last that was told of
// each user of whom nothing is open after that.
func (l *ledger) confirm(told []Event) (last []Event) {
	if len(told) == 0 {
		return nil
	}
	of := make(map[string][]Event)
	for _, e := range told {
		of[e.User] = append(of[e.User], e)
	}
	open := make(map[string]bool)
	l.open = slices.DeleteFunc(l.open, func(d decision) bool {
		done := slices.ContainsFunc(of[d.event.User], func(e Event) bool { return l.covers(&e, &d.event) })
		open[d.event.User] = open[d.event.User] || !done
		return done
	})
	for user, all := range of {
		if !open[user] {
			last = append(last, all[len(all)-1])
		}
	}
	return last
}

// covers reports whether what was told is the same event, or a later one of the
// user: a hub tells in order, so it has told the earlier one, or come to another
// decision.
func (l *ledger) covers(told, e *Event) bool {
	return !e.At.After(told.At) || (e.Type == told.Type && e.At.Sub(told.At) < l.within)
}

func (l *ledger) add(events []Event, now time.Time) {
	for _, e := range events {
		l.open = append(l.open, decision{e, now})
	}
}

// take returns what is open and this hub's to tell, and closes it.
func (l *ledger) take(mine func(*Event) bool) (events []Event) {
	l.open = slices.DeleteFunc(l.open, func(d decision) bool {
		if !mine(&d.event) {
			return false
		}
		events = append(events, d.event)
		return true
	})
	return events
}

// expire forgets what another hub has not told for so long that it must have come
// to another decision, or has given up.
func (l *ledger) expire(mine func(*Event) bool, now time.Time) {
	l.open = slices.DeleteFunc(l.open, func(d decision) bool { return now.Sub(d.at) >= keepOpen && !mine(&d.event) })
}

// cut keeps the newest decisions, and returns how many of this hub's own were too
// many.
func (l *ledger) cut(mine func(*Event) bool, most int) (lost int) {
	n := max(0, len(l.open)-most)
	for i := range n {
		if mine(&l.open[i].event) {
			lost++
		}
	}
	l.open = slices.Delete(l.open, 0, n)
	return lost
}
