package webhook

import (
	"fmt"
	"strings"
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
	for _, c := range []cluster.Cursor{{Journal: "other", Next: 5}, {Journal: next.Journal, Next: -1}, {Journal: next.Journal, Next: 1 << 40}, {Journal: next.Journal, Anew: 1, Next: 5}} {
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
		if before.Journal != after.Journal || before.Anew == after.Anew || n != 3 || !online["stays"] || online["leaves"] || online["busy"] {
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

// What was told keeps its numbers when the rest is written anew, until it is
// forgotten.
func TestJournal_WhatWasToldIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		read := func(c cluster.Cursor) (string, cluster.Cursor) {
			var users []string
			for {
				p := j.Since(c)
				if n := len(p.Changes) + len(p.Told); n > pageSize {
					t.Errorf("a page of %d", n)
				}
				for _, told := range p.Told {
					users = append(users, told.User)
				}
				if c = p.Cursor; !p.More {
					return strings.Join(users, ""), c
				}
			}
		}
		j.noteTold(events("a", "b"))
		for i := range 12_000 {
			j.Note("busy", i%2 == 0)
		}
		users, next := read(cluster.Cursor{})
		if users != "ab" {
			t.Errorf("got %q", users)
		}
		time.Sleep(time.Minute)
		j.noteTold(events("c"))
		j.Compact(time.Second)
		if users, again := read(next); users != "c" || again.Anew != 1 {
			t.Errorf("got %q, %+v", users, again)
		}
		j.noteTold(events("d"))
		if users, _ := read(cluster.Cursor{Journal: next.Journal}); users != "cd" {
			t.Errorf("from the beginning: %q", users)
		}
		next.Journal, next.Told = "of another start", 4
		if users, _ := read(next); users != "cd" {
			t.Errorf("of another start: %q", users)
		}
		j.noteTold(events(strings.Split(strings.Repeat("x", pageSize+1), "")...))
		if users, _ := read(cluster.Cursor{Journal: next.Journal}); len(users) != pageSize+3 {
			t.Errorf("got %d", len(users))
		}
	})
}
