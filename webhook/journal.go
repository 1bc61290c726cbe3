package webhook

import (
	"crypto/rand"
	"sync"
	"time"

	"example.org/hub/cluster"
)

// pageSize is how many changes go into one answer.
const pageSize = 2000

// Change says that a user came to a hub, or left it, or that the hub has told the
// service so.
type Change struct {
	User   string `json:"user"`
	Online bool   `json:"online,omitempty"`
	Told   bool   `json:"told,omitempty"`
	Age    int64  `json:"age"` // milliseconds since then
}

// Page is a part of a journal.
type Page struct {
	Cursor  cluster.Cursor `json:"cursor"` // where the next one begins
	Changes []Change       `json:"changes"`
	More    bool           `json:"more,omitempty"`
}

// Journal is what happened on one hub. From time to time it is written anew, with
// those who are there at its beginning; then it has another generation.
type Journal struct {
	mu      sync.Mutex
	gen     string
	entries []entry // appended to, never changed
	base    int     // of those who were there when it was written anew
}

type entry struct {
	user   string
	at     int64 // Unix milliseconds
	online bool
	told   bool
}

// NewJournal returns an empty journal.
func NewJournal() *Journal { return &Journal{gen: rand.Text()} }

// Note adds that a user has its first connection, or has lost its last one. It is
// quick, for the registry's sake, and may be called from any goroutine.
func (j *Journal) Note(user string, online bool) {
	if user != "" {
		j.add(entry{user: user, at: time.Now().UnixMilli(), online: online})
	}
}

func (j *Journal) add(e entry) {
	j.mu.Lock()
	j.entries = append(j.entries, e)
	j.mu.Unlock()
}

// noteTold adds that the service was told of an event.
func (j *Journal) noteTold(e *Event) {
	j.add(entry{user: e.User, at: time.Now().UnixMilli(), online: e.Type == UserOnline, told: true})
}

func (j *Journal) read() (gen string, entries []entry, base int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.gen, j.entries, j.base
}

// Since returns what follows a cursor, from the beginning if it is of another
// generation.
func (j *Journal) Since(c cluster.Cursor) Page {
	now := time.Now().UnixMilli()
	gen, entries, _ := j.read()
	from := c.Next
	if c.Gen != gen || from < 0 || from > len(entries) {
		from = 0
	}
	to := min(from+pageSize, len(entries))
	p := Page{Cursor: cluster.Cursor{Gen: gen, Next: to}, Changes: make([]Change, 0, to-from), More: to < len(entries)}
	for _, e := range entries[from:to] {
		p.Changes = append(p.Changes, Change{e.user, e.online, e.told, max(0, now-e.at)})
	}
	return p
}

// Compact writes the journal anew if most of it is history. What happened within
// keep stays, so that who has just left is not forgotten before others have heard
// of it. One goroutine may call it; Note waits for none of its work.
func (j *Journal) Compact(keep time.Duration) {
	const slack = 10_000
	_, entries, base := j.read()
	if len(entries) < 2*base+slack {
		return
	}
	recent := time.Now().Add(-keep).UnixMilli()
	there := make(map[string]int64)
	old := 0
	for ; old < len(entries) && entries[old].at < recent; old++ {
		switch e := entries[old]; {
		case e.told:
		case e.online:
			there[e.user] = e.at
		default:
			delete(there, e.user)
		}
	}
	anew := make([]entry, 0, len(there)+len(entries)-old+slack/10)
	for user, at := range there {
		anew = append(anew, entry{user: user, at: at, online: true})
	}
	anew = append(anew, entries[old:]...)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gen, j.base, j.entries = rand.Text(), len(anew), append(anew, j.entries[len(entries):]...)
}
