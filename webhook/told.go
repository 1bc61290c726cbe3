package webhook

import "time"

// Told says that the service has taken an event from a hub.
type Told struct {
	User   string `json:"user"`
	Online bool   `json:"online,omitempty"`
	Hub    string `json:"hub"` // the event's instance
	Age    int64  `json:"age"` // milliseconds since what it is about
}

// event is what was told, as seen from this hub.
func (t *Told) event(now time.Time) Event {
	e := Event{Type: UserOffline, User: t.User, At: ago(now, t.Age), Instance: t.Hub}
	if t.Online {
		e.Type = UserOnline
	}
	return e
}

// tells are what a hub told of late. Their numbers stay theirs, so that nobody
// hears of one twice.
type tells struct {
	first int // number of the first in list
	list  []tell
	last  time.Time // when the last one was added
}

type tell struct {
	user, hub string
	at, noted int64 // Unix milliseconds, of the event and of its telling
	online    bool
}

func (t *tells) add(events []Event, now time.Time) {
	t.last = now
	for i := range events {
		e := &events[i]
		t.list = append(t.list, tell{e.User, e.Instance, e.At.UnixMilli(), now.UnixMilli(), e.Type == UserOnline})
	}
}

// end is the number of the one that will come next.
func (t *tells) end() int { return t.first + len(t.list) }

// since returns at most so many from a number on, and the number of the next. The
// list is appended to, and never changed.
func (t *tells) since(number, most int) (list []tell, next int) {
	from := min(max(number-t.first, 0), len(t.list))
	to := min(from+most, len(t.list))
	return t.list[from:to], t.first + to
}

// forget drops those that were noted before.
func (t *tells) forget(before int64) {
	n := 0
	for n < len(t.list) && t.list[n].noted < before {
		n++
	}
	t.first, t.list = t.first+n, t.list[n:]
}

func (t *tell) page(now time.Time) Told { return Told{t.user, t.online, t.hub, ageOf(t.at, now)} }
