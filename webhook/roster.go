package webhook

import (
	"cmp"
	"slices"
	"time"

	"example.org/hub/cluster"
)

// roster is who is online on which hub, and what of it is to be told.
type roster struct {
	debounce  time.Duration
	hubs      map[string]*hubUsers
	seen      map[string]struct{} // hubs that were ever loaded
	open      map[string]int      // on how many hubs a user is
	announced map[string]struct{} // users that were last said to be online
	pending   map[string]turn     // users for whom that is not so any more
	told      []Change            // what other hubs have told since it was last looked at
}

// hubUsers are the users of one hub.
type hubUsers struct {
	cursor cluster.Cursor
	users  map[string]struct{}
	fresh  map[string]Change // while a journal is read from its beginning, else nil
}

// turn is when and where a user came or left.
type turn struct {
	since time.Time
	hub   string
}

func newRoster(debounce time.Duration) *roster {
	return &roster{
		debounce: debounce, hubs: make(map[string]*hubUsers), seen: make(map[string]struct{}), open: make(map[string]int),
		announced: make(map[string]struct{}), pending: make(map[string]turn),
	}
}

// cursors are where to go on reading.
func (r *roster) cursors() map[string]cluster.Cursor {
	all := make(map[string]cluster.Cursor, len(r.hubs))
	for name, h := range r.hubs {
		all[name] = h.cursor
	}
	return all
}

// apply takes in a page of a hub's journal. In that of a hub that was there before
// this one, what is older than the debounce has been told already.
func (r *roster) apply(hub string, p *Page, older bool, now time.Time) {
	h := r.hubs[hub]
	if h == nil {
		h = &hubUsers{users: make(map[string]struct{})}
		r.hubs[hub] = h
	}
	_, seen := r.seen[hub]
	told := older && !seen
	if p.Cursor.Gen != h.cursor.Gen {
		h.fresh = make(map[string]Change)
	}
	h.cursor = p.Cursor
	for _, c := range p.Changes {
		if c.Told {
			r.told = append(r.told, c)
			continue
		}
		if h.fresh != nil && !told {
			h.fresh[c.User] = c
			continue
		}
		r.set(hub, h, c, told, now)
	}
	if p.More {
		return
	}
	if h.fresh != nil && !told {
		r.replace(hub, h, now)
	}
	h.fresh = nil
	r.seen[hub] = struct{}{}
}

// replace makes the users of a hub those of its new journal.
func (r *roster) replace(hub string, h *hubUsers, now time.Time) {
	for user := range h.users {
		if _, ok := h.fresh[user]; !ok {
			r.set(hub, h, Change{User: user}, false, now)
		}
	}
	for _, c := range h.fresh {
		r.set(hub, h, c, false, now)
	}
}

// drop forgets a hub that is gone, and its users with it.
func (r *roster) drop(hub string, now time.Time) {
	h := r.hubs[hub]
	for user := range h.users {
		r.set(hub, h, Change{User: user}, false, now)
	}
	delete(r.hubs, hub)
}

func (r *roster) set(hub string, h *hubUsers, c Change, told bool, now time.Time) {
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
	age := time.Duration(c.Age) * time.Millisecond
	if told && age >= r.debounce {
		r.announce(c.User)
		return
	}
	r.weigh(c.User, turn{now.Add(-age).UTC().Truncate(time.Millisecond), hub})
}

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
	if r.open[user] > 0 {
		r.announced[user] = struct{}{}
	} else {
		delete(r.announced, user)
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
