package actors

import (
	"strconv"
	"strings"
	"testing"
)

func TestHub_PresenceAndPaging(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	for _, u := range []string{"carol", "alice", "bob", "alice"} {
		f.attach(u, func(a *Attach) { a.UserAgent = "agent/" + u; a.Topics = []string{"t"} })
	}
	page := func(after string, limit int) (ids []string) {
		users, err := f.hub.Users(t.Context(), after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range users {
			ids = append(ids, u.ID+":"+strconv.Itoa(len(u.Connections)))
		}
		return ids
	}
	for _, tt := range []struct {
		after string
		limit int
		want  string
	}{{"", 10, "alice:2 bob:1 carol:1"}, {"", 2, "alice:2 bob:1"}, {"alice", 1, "bob:1"}, {"carol", 5, ""}} {
		if got := strings.Join(page(tt.after, tt.limit), " "); got != tt.want {
			t.Errorf("users after %q: got %q, want %q", tt.after, got, tt.want)
		}
	}
	u, online, err := f.hub.User(t.Context(), "carol")
	if err != nil || !online || u.Connections[0].UserAgent != "agent/carol" || u.Connections[0].Topics[0] != "t" {
		t.Errorf("carol: %+v online=%v err=%v", u, online, err)
	}
	for _, away := range []string{"dave", "aaron", ""} {
		if u, online, err := f.hub.User(t.Context(), away); online || u.ID != away || err != nil {
			t.Errorf("%q: %+v online=%v err=%v", away, u, online, err)
		}
	}
}
