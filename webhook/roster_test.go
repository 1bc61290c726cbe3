package webhook

import (
	"strings"
	"testing"
	"time"

	"example.org/hub/cluster"
)

// scene drives a roster by hand.
type scene struct {
	t   *testing.T
	r   *roster
	now time.Time
	gen map[string]int // how often journals were written anew
}

func newScene(t *testing.T) *scene {
	t.Helper()
	now := time.Unix(1000, 0)
	return &scene{t: t, r: newRoster("self", now, 5*time.Second), now: now, gen: map[string]int{}}
}

// page applies changes such as "+alice" and "-bob".
func (s *scene) page(hub string, older bool, age time.Duration, changes ...string) {
	p := Page{Cursor: cluster.Cursor{Journal: "of " + hub, Anew: s.gen[hub]}}
	if older {
		p.Up = time.Hour.Milliseconds()
	}
	for _, c := range changes {
		p.Changes = append(p.Changes, Change{User: c[1:], Online: c[0] == '+', Age: age.Milliseconds()})
	}
	s.r.apply(hub, &p, s.now)
}

// after lets time pass and compares what settles.
func (s *scene) after(d time.Duration, want string) {
	s.t.Helper()
	s.now = s.now.Add(d)
	var got []string
	for _, e := range s.r.settle(s.now) {
		got = append(got, strings.TrimPrefix(e.Type, "user.")+":"+e.User+"@"+e.Instance)
	}
	if text := strings.Join(got, " "); text != want {
		s.t.Errorf("after %s: got %q, want %q", d, text, want)
	}
}

func TestRoster_TellsWhatLasts(t *testing.T) {
	s := newScene(t)
	s.page("a", false, 0, "+alice")
	s.after(4*time.Second, "")
	s.after(time.Second, "online:alice@a")
	s.after(time.Hour, "")
	s.page("a", false, 0, "-alice")
	s.after(5*time.Second, "offline:alice@a")
	s.page("a", false, 0, "+bob", "-bob")
	s.after(time.Hour, "")
}

func TestRoster_AReconnectIsNothing(t *testing.T) {
	s := newScene(t)
	s.page("a", false, 0, "+alice")
	s.after(5*time.Second, "online:alice@a")
	s.page("a", false, 0, "-alice")
	s.after(4*time.Second, "")
	s.page("b", false, 0, "+alice") // on another hub
	s.after(time.Hour, "")
	s.page("a", false, 0, "+alice")
	s.page("b", false, 0, "-alice")
	s.after(time.Hour, "")
}

func TestRoster_AHubThatIsGoneTakesItsUsersAlong(t *testing.T) {
	s := newScene(t)
	s.page("a", false, 0, "+alice", "+bob")
	s.page("b", false, 0, "+bob")
	s.after(5*time.Second, "online:alice@a online:bob@a")
	s.r.drop("a", s.now)
	s.after(5*time.Second, "offline:alice@a")
	s.after(time.Hour, "")
	s.page("a", true, time.Hour, "+alice") // it was only cut off: that it is back is news
	s.after(0, "online:alice@a")
}

func TestRoster_AJournalWrittenAnew(t *testing.T) {
	s := newScene(t)
	s.page("a", false, 0, "+alice", "+bob")
	s.after(5*time.Second, "online:alice@a online:bob@a")
	s.gen["a"]++
	s.page("a", false, 0, "+bob", "-carol", "+dave")
	s.after(5*time.Second, "offline:alice@a online:dave@a")
}

// A hub that comes later knows what the others have told, and what they have not.
func TestRoster_WhatWasThereBefore(t *testing.T) {
	s := newScene(t)
	s.page("b", true, time.Second, "+moved")
	s.page("a", true, time.Minute, "+alice", "+moved", "+left")
	s.page("a", true, 2*time.Second, "-left", "-moved", "+new")
	s.after(0, "")
	s.after(3*time.Second, "offline:left@a online:new@a")
	s.after(time.Hour, "")
}

// told lets another hub say that it told of "+alice" or "-alice", this long ago.
func (s *scene) told(change string, age time.Duration) {
	p := Page{Cursor: s.r.cursors["b"], Told: []Told{{User: change[1:], Online: change[0] == '+', Hub: "h", Age: age.Milliseconds()}}}
	s.r.apply("b", &p, s.now)
	for i := range s.r.told {
		s.r.heed(&s.r.told[i], s.now)
	}
	s.r.told = nil
}

// What was told is told, also if this hub would have told it later, or not at all.
func TestRoster_HeedsWhatOthersTold(t *testing.T) {
	s := newScene(t)
	s.page("a", false, 0, "+alice", "+bob")
	s.after(4*time.Second, "")
	s.told("+alice", 5*time.Second)
	s.after(time.Second, "online:bob@a")
	s.told("+bob", 5*time.Second)
	s.page("a", false, 0, "-bob")
	s.told("+alice", time.Second)
	s.told("-alice", 2*time.Hour) // before this hub began
	s.after(5*time.Second, "offline:bob@a")
	s.page("a", false, 0, "-alice")
	s.after(4*time.Second, "")
	s.page("a", false, 0, "+alice") // back in time for this hub, too late for the other
	s.told("-alice", 4*time.Second)
	s.after(5*time.Second, "online:alice@h")
	s.page("a", false, 0, "-alice")
	s.told("-alice", 15*time.Second) // that was another time
	s.after(5*time.Second, "offline:alice@a")
	s.after(time.Hour, "")
}
