package webhook

import (
	"crypto/rand"
	"sync"
	"time"

	"example.org/hub/cluster"
)

// pageSize is how many entries go into one answer.
const pageSize = 2000

// Change says that a user came to a hub, or left it.
type Change struct {
	User   string `json:"user"`
	Online bool   `json:"online,omitempty"`
	Age    int64  `json:"age"` // milliseconds since then
}

// Page is a part of a journal.
type Page struct {
	Cursor  cluster.Cursor `json:"cursor"` // where the next one begins
	Up      int64          `json:"up"`     // milliseconds since the hub began to watch
	Changes []Change       `json:"changes"`
	Told    []Told         `json:"told,omitempty"`
	More    bool           `json:"more,omitempty"`
}

// Journal is what happened on one hub since it started, and what it told of that.
// From time to time what happened is written anew, with those who are there at its
// beginning, and others read it again.
type Journal struct {
	id string // of this start of the hub

	mu      sync.Mutex
	began   time.Time
	entries []entry // appended to, never changed
	anew    int     // how often they were written anew,
	base    int     // and how many were there then
	told    tells
}

type entry struct {
	user   string
	at     int64 // Unix milliseconds
	online bool
}

// NewJournal returns an empty journal.
func NewJournal() *Journal { return &Journal{id: rand.Text(), began: time.Now()} }

// begin notes that from now on the hub itself decides what is to be told.
func (j *Journal) begin() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.began = time.Now()
	return j.began
}

// Note adds that a user has its first connection, or has lost its last one. It is
// quick, for the registry's sake, and may be called from any goroutine.
func (j *Journal) Note(user string, online bool) {
	if user == "" {
		return
	}
	e := entry{user: user, at: time.Now().UnixMilli(), online: online}
	j.mu.Lock()
	j.entries = append(j.entries, e)
	j.mu.Unlock()
}

// noteTold adds that the service has taken events.
func (j *Journal) noteTold(events []Event) {
	now := time.Now()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.told.add(events, now)
}

// lastTold is when the service last took an event, the zero time for never.
func (j *Journal) lastTold() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.told.last
}

// Since returns what follows a cursor. Of a cursor from before the journal was
// written anew only the place in what was told counts, and nothing of one from
// another start of the hub.
func (j *Journal) Since(c cluster.Cursor) Page {
	j.mu.Lock()
	entries, next := j.entries, cluster.Cursor{Journal: j.id, Anew: j.anew}
	now := time.Now()
	p := Page{Up: now.Sub(j.began).Milliseconds()}
	if c.Journal != j.id {
		c.Told = 0
	}
	told, end := j.told.since(c.Told, pageSize)
	p.More = end < j.told.end()
	j.mu.Unlock()

	from := c.Next
	if c.Journal != next.Journal || c.Anew != next.Anew || from < 0 || from > len(entries) {
		from = 0
	}
	to := min(from+pageSize-len(told), len(entries))
	p.More = p.More || to < len(entries)
	next.Next, next.Told = to, end
	p.Cursor = next
	p.Changes = make([]Change, 0, to-from)
	for _, e := range entries[from:to] {
		p.Changes = append(p.Changes, Change{e.user, e.online, ageOf(e.at, now)})
	}
	for i := range told {
		p.Told = append(p.Told, told[i].page(now))
	}
	return p
}

// ageOf returns how many milliseconds ago it was. Clocks may be set back.
func ageOf(at int64, now time.Time) int64 { return max(0, now.UnixMilli()-at) }
