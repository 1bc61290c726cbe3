package webhook

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/cluster"
)

func readAll(j *Journal, c cluster.Cursor) (online map[string]bool, next cluster.Cursor, changes int) {
	online = make(map[string]bool)
	for {
		p := j.Since(c)
		c = p.Cursor
		for _, change := range p.Changes {
			online[change.User] = change.Online
		}
		if changes += len(p.Changes); !p.More {
			return online, c, changes
		}
	}
}

func TestJournal_Pages(t *testing.T) {
	j := NewJournal()
	for i := range 2*pageSize + 1 {
		j.Note(fmt.Sprint("u", i), true)
	}
	j.Note("", true) // nobody
	_, next, n := readAll(j, cluster.Cursor{})
	if n != 2*pageSize+1 {
		t.Errorf("%d changes", n)
	}
	j.Note("u0", false)
	if p := j.Since(next); len(p.Changes) != 1 || p.Changes[0].User != "u0" || p.Changes[0].Online || p.More {
		t.Errorf("got %+v", p)
	}
	for _, c := range []cluster.Cursor{{Gen: "other", Next: 5}, {Gen: next.Gen, Next: -1}, {Gen: next.Gen, Next: 1 << 40}} {
		if p := j.Since(c); len(p.Changes) != pageSize || p.Changes[0].User != "u0" {
			t.Errorf("%+v: not from the beginning", c)
		}
	}
}

func TestJournal_CompactKeepsWhoIsThereAndWhoJustLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		j.Note("stays", true)
		j.Note("leaves", true)
		for range 6000 {
			j.Note("busy", true)
			j.Note("busy", false)
		}
		time.Sleep(time.Hour)
		j.Note("leaves", false)
		_, before, _ := readAll(j, cluster.Cursor{})
		j.Compact(time.Minute)
		online, after, n := readAll(j, before)
		if before.Gen == after.Gen || n != 3 || !online["stays"] || online["leaves"] || online["busy"] {
			t.Errorf("%d changes, %v", n, online)
		}
		if left, ok := online["leaves"]; !ok || left {
			t.Error("who has just left is forgotten")
		}
		j.Compact(time.Minute) // there is nothing to do
		if _, again, _ := readAll(j, after); again != after {
			t.Error("written anew for nothing")
		}
	})
}
