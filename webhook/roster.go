package webhook

import (
	"cmp"
	"slices"
	"time"

	"example.org/hub/cluster"
)

// roster is who is online on which hub, and what of it is to be told.
type roster struct {
	self      string    // this hub
	began     time.Time // when it began to decide
	debounce  time.Duration
	hubs      map[string]*hubUsers
	cursors   map[string]cluster.Cursor // where to go on reading, also of hubs that are gone
	seen      map[string]struct{}       // hubs that were ever loaded
	open      map[string]int            // on how many hubs a user is
	announced map[string]struct{}       // users that were last said to be online
	pending   map[string]turn           // users for whom that is not so any more
	told      []Event                   // what other hubs have told since it was last looked at
}

// hubUsers are the users of one hub.
type hubUsers struct {
	began time.Time // when the hub began to decide
	users map[string]struct{}
	past  bool              // read for the first time, of a hub that was there before this one
	fresh map[string]Change // while a journal is read from its beginning, else nil
}

// turn is when and where a user came or left.
type turn struct {
	since time.Time
	hub   string
}

func newRoster(self string, began time.Time, debounce time.Duration) *roster {
	return &roster{
		self: self, began: began, debounce: debounce,
		hubs: make(map[string]*hubUsers), cursors: make(map[string]cluster.Cursor), seen: make(map[string]struct{}),
		open: make(map[string]int), announced: make(map[string]struct{}), pending: make(map[string]turn),
	}
}

// apply takes in a page of a hub's journal. What had settled when this hub began is
// for those to tell that were there before.
func (r *roster) apply(hub string, p *Page, now time.Time) {
	began := ago(now, p.Up)
	h := r.hubs[hub]
	if h == nil {
		_, seen := r.seen[hub]
		h = &hubUsers{users: make(map[string]struct{}), past: !seen && hub != r.self && began.Before(r.began)}
		r.hubs[hub] = h
	}
	h.began = began
	if c := r.cursors[hub]; c.Journal != p.Cursor.Journal || c.Anew != p.Cursor.Anew {
		h.fresh = make(map[string]Change)
	}
	r.cursors[hub] = p.Cursor
	r.hear(hub, p, now)
	for _, c := range p.Changes {
		if h.fresh != nil && !h.past {
			h.fresh[c.User] = c
			continue
		}
		r.set(hub, h, c, now)
	}
	if p.More {
		return
	}
	if h.fresh != nil && !h.past {
		r.replace(hub, h, now)
	}
	h.fresh, h.past = nil, false
	r.seen[hub] = struct{}{}
}

// hear collects what another hub told. What this one tells it knows itself.
func (r *roster) hear(hub string, p *Page, now time.Time) {
	for i := range p.Told {
		if hub != r.self {
			r.told = append(r.told, p.Told[i].event(now))
		}
	}
}

// replace makes the users of a hub those of its new journal.
func (r *roster) replace(hub string, h *hubUsers, now time.Time) {
	for user := range h.users {
		if _, ok := h.fresh[user]; !ok {
			r.set(hub, h, Change{User: user}, now)
		}
	}
	for _, c := range h.fresh {
		r.set(hub, h, c, now)
	}
}

// drop forgets a hub that is gone, and its users with it.
func (r *roster) drop(hub string, now time.Time) {
	h := r.hubs[hub]
	for user := range h.users {
		r.set(hub, h, Change{User: user}, now)
	}
	delete(r.hubs, hub)
	c := r.cursors[hub]
	c.Anew = -1 // should it be back, its users are read from the beginning
	r.cursors[hub] = c
}

func (r *roster) set(hub string, h *hubUsers, c Change, now time.Time) {
	if _, was := h.users[c.User]; was == c.Online {
		return
	}
	if c.Online {
		h.users[c.User] = struct{}{}
		r.open[c.User]++
	} else {
		delete(h.users, c.User)
		if r.open[c.User]--; r.open[c.User] == 0 {
			delete(r.open, c.User)
		}
	}
	at := ago(now, c.Age)
	if h.past && !r.mayDecide(at) {
		r.announce(c.User)
		return
	}
	r.weigh(c.User, turn{at, hub})
}

// mayDecide reports whether what happened then was to settle after this hub began.
func (r *roster) mayDecide(at time.Time) bool { return at.Add(r.debounce).After(r.began) }

// weigh notes whether what was said of a user is still so. Who is back in time
// never left.
func (r *roster) weigh(user string, t turn) {
	_, announced := r.announced[user]
	if announced == (r.open[user] > 0) {
		delete(r.pending, user)
	} else if _, waits := r.pending[user]; !waits {
		r.pending[user] = t
	}
}

func (r *roster) announce(user string) {
	delete(r.pending, user)
	r.turn(user, r.open[user] > 0)
}

// turn notes what was last said of a user.
func (r *roster) turn(user string, online bool) {
	if online {
		r.announced[user] = struct{}{}
	} else {
		delete(r.announced, user)
	}
}

// heed takes in that another hub told of an event, to which this one has not come
// itself, or not yet: the service has been told, whoever decided it.
func (r *roster) heed(e *Event, now time.Time) {
	online := e.Type == UserOnline
	if _, announced := r.announced[e.User]; announced == online || !r.mayDecide(e.At) {
		return
	}
	switch t, waits := r.pending[e.User]; {
	case !waits: // the user has turned again, in time for this hub and too late for the other
		r.turn(e.User, online)
		r.pending[e.User] = turn{ago(now, 0), e.Instance}
	case t.since.Sub(e.At) < apart(r.debounce):
		r.announce(e.User)
	default: // it is about an earlier time
	}
}

// settle returns what has lasted for the debounce, the oldest first.
func (r *roster) settle(now time.Time) []Event {
	var events []Event
	for user, t := range r.pending {
		if now.Sub(t.since) < r.debounce {
			continue
		}
		r.announce(user)
		e := Event{Type: UserOffline, User: user, At: t.since, Instance: t.hub}
		if r.open[user] > 0 {
			e.Type = UserOnline
		}
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.User, b.User))
	})
	return events
}
