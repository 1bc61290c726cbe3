package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/hub/sse"
)

// presence is what tests read of the answers that are gathered from all hubs.
type presence struct {
	Users []struct {
		ID          string
		Connections []struct{ Instance string }
	}
	Connections []struct{ Instance string }
	Next        string
	Total       struct {
		TotalConnections, UniqueUsers int
		Draining                      bool
	}
	Instances []struct {
		Instance         string
		TotalConnections int
		Draining         bool
	}
	ID      string
	Partial bool
	Silent  []string
}

func TestCluster_PresenceAndStatsAreOfAllHubs(t *testing.T) {
	c := newTestCluster(t)
	a, b, d := c.start("a"), c.start("b"), c.start("d")
	a.open("alice", "")
	b.open("alice", "")
	d.open("bob", "")
	for _, m := range []*member{a, b, d} {
		eventually(t, "all three are there", func() bool {
			var got presence
			m.call("GET", "/api/stats", "", &got)
			return got.Total.TotalConnections == 3 && len(got.Instances) == 3
		})
		var page presence
		m.call("GET", "/api/users", "", &page)
		var seen []string
		for _, u := range page.Users {
			for _, conn := range u.Connections {
				seen = append(seen, u.ID+"@"+conn.Instance)
			}
		}
		slices.Sort(seen)
		if want := []string{"alice@a", "alice@b", "bob@d"}; !slices.Equal(seen, want) || page.Partial {
			t.Errorf("users %v, partial %v, want %v", seen, page.Partial, want)
		}
		var first, second, alice presence
		m.call("GET", "/api/users?limit=1", "", &first)
		m.call("GET", "/api/users?limit=1&after="+first.Next, "", &second)
		if len(first.Users) != 1 || first.Users[0].ID != "alice" || len(second.Users) != 1 || second.Users[0].ID != "bob" {
			t.Errorf("pages %+v and %+v", first, second)
		}
		m.call("GET", "/api/users/alice", "", &alice)
		if len(alice.Connections) != 2 || alice.Partial {
			t.Errorf("alice %+v", alice)
		}
	}
}

func TestCluster_NamesAHubThatIsSilentAndForgetsOneThatLeft(t *testing.T) {
	c := newTestCluster(t)
	a, b := c.start("a"), c.start("b")
	var got presence
	a.call("GET", "/api/stats", "", &got)
	if len(got.Instances) != 2 || got.Partial || got.Total.Draining {
		t.Errorf("stats %+v", got)
	}
	b.node.announceDrain(t.Context(), true)
	got = presence{}
	a.call("GET", "/api/stats", "", &got)
	if len(got.Instances) != 2 || got.Instances[0].Draining || !got.Instances[1].Draining || got.Total.Draining {
		t.Errorf("while b drains: %+v", got)
	}
	b.node.announceDrain(t.Context(), false)
	got = presence{}
	a.call("GET", "/api/stats", "", &got)
	if got.Instances[1].Draining {
		t.Errorf("when b serves again: %+v", got)
	}
	b.stop()
	got = presence{}
	a.call("GET", "/api/stats", "", &got)
	if len(got.Instances) != 1 || got.Partial {
		t.Errorf("when b has left: %+v", got)
	}
	d := c.start("d")
	a.log.fail(true)
	got = presence{}
	a.call("GET", "/api/users", "", &got)
	if !got.Partial || !slices.Equal(got.Silent, []string{"d"}) {
		t.Errorf("cut off: %+v", got)
	}
	a.log.fail(false)
	d.stop()
}

func TestCluster_ReceiptsCountAllHubs(t *testing.T) {
	c := newTestCluster(t)
	a, b, d := c.start("a"), c.start("b"), c.start("d")
	for _, m := range []*member{a, b, d} {
		m.open("alice", "")
	}
	type receipt struct {
		Connections, Users int
		Partial, Duplicate bool
		Silent             []string
	}
	for _, tt := range []struct {
		query, body string
		want        int
	}{
		{"?receipt=cluster", `{"to":"all","event":"n","data":1}`, 3},
		{"?receipt=cluster", `{"to":"user/alice","event":"n","data":1,"transient":true}`, 3},
		{"?receipt=cluster", `{"to":"user/nobody","event":"n","data":1}`, 0},
		{"?receipt=hub", `{"to":"all","event":"n","data":1}`, 1},
		{"", `{"to":"all","event":"n","data":1}`, 1},
	} {
		var got receipt
		if status := b.call("POST", "/api/messages"+tt.query, tt.body, &got); status != http.StatusAccepted {
			t.Errorf("%s: status %d", tt.body, status)
		}
		if got.Connections != tt.want || got.Users != tt.want || got.Partial {
			t.Errorf("%s %s: %+v, want %d", tt.query, tt.body, got, tt.want)
		}
	}
	goOn := d.log.pause() // its tail lags
	time.AfterFunc(50*time.Millisecond, goOn)
	var late receipt
	b.call("POST", "/api/messages?receipt=cluster", `{"to":"all","event":"n","data":1}`, &late)
	if late.Connections != 3 || late.Partial {
		t.Errorf("with a hub that lags: %+v", late)
	}
	goOn = d.log.pause()
	var partial receipt
	b.call("POST", "/api/messages?receipt=cluster", `{"to":"all","event":"n","data":1}`, &partial)
	goOn()
	if partial.Connections != 2 || !partial.Partial || !slices.Equal(partial.Silent, []string{"d"}) {
		t.Errorf("with a hub that hangs: %+v", partial)
	}
}

func TestCluster_BatchesCountAllHubs(t *testing.T) {
	c := newTestCluster(t)
	a, b := c.start("a"), c.start("b")
	a.open("alice", "")
	b.open("alice", "")
	lines := strings.Repeat(`{"to":"all","event":"n","data":1}`+"\n", 20)
	req, err := http.NewRequest(http.MethodPost, b.internal+"/api/messages?receipt=cluster", strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", testKey)
	req.Header.Set("Content-Type", "application/x-ndjson")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var text strings.Builder
	if err := resp.Write(&text); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text.String(), `"connections":2,"users":2}`); n != 20 {
		t.Errorf("%d of 20 lines are whole:\n%s", n, text.String())
	}
}

func TestCluster_TicketIsGoodAtAnotherHubAndOnlyOnce(t *testing.T) {
	c := newTestCluster(t)
	a, b, d := c.start("a"), c.start("b"), c.start("d")
	var ticket struct{ Ticket string }
	req, err := http.NewRequest(http.MethodPost, a.public+"/api/sse/ticket", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token("alice"))
	if status := a.do(req, &ticket); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	resp, err := http.Get(b.public + "/api/sse?ticket=" + ticket.Ticket)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("at another hub: status %d", resp.StatusCode)
	}
	for _, m := range []*member{d, a, b} {
		req, err := http.NewRequest(http.MethodGet, m.public+"/api/sse?ticket="+ticket.Ticket, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if status := m.do(req, nil); status != http.StatusUnauthorized {
			t.Errorf("again: status %d, want 401", status)
		}
	}
}

func TestCluster_RevocationOutlivesRestarts(t *testing.T) {
	c := newTestCluster(t)
	a, b := c.start("a"), c.start("b")
	stream := b.open("alice", "")
	req, err := http.NewRequest(http.MethodGet, b.public+"/api/sse", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token("alice"))
	time.Sleep(1100 * time.Millisecond) // iat has whole seconds
	a.call("POST", "/api/users/alice/revoke", "", nil)
	if ev := stream.next(); ev.Name != sse.EventReconnect {
		t.Errorf("got event %q", ev.Name)
	}
	stream.wantEnd()
	a.stop()
	b.stop()
	later := c.start("later") // from the log alone
	req.URL.Host = strings.TrimPrefix(later.public, "http://")
	if status := later.do(req, nil); status != http.StatusUnauthorized {
		t.Errorf("status %d, want 401", status)
	}
}

func TestCluster_APositionThatAnotherHubWasFirstToReachIsNoGap(t *testing.T) {
	c := newTestCluster(t)
	a, b := c.start("a"), c.start("b")
	goOn := b.log.pause()
	defer goOn()
	last := a.send("user/alice", "n", "1")
	time.AfterFunc(100*time.Millisecond, goOn)
	stream := b.open("alice", last)
	a.send("user/alice", "n", "2")
	stream.want("n", "2") // without waiting there is a gap first
}

func TestCluster_WhatTheWindowHasDroppedIsReadFromTheLog(t *testing.T) {
	c := newTestCluster(t)
	a, b := c.start("a"), c.start("b", "--window-events", "3")
	first := a.send("user/alice", "n", "0")
	for i := range 20 {
		a.send([]string{"user/alice", "user/bob", "topic/news", "topic/other"}[i%4], "n", strconv.Itoa(i+1))
	}
	stream := b.open("alice", first)
	a.send("user/alice", "n", "99")
	for i := range 20 {
		if to := i % 4; to == 0 || to == 2 {
			stream.want("n", strconv.Itoa(i+1))
		}
	}
	stream.want("n", "99")
	if scans, _ := b.node.events.Scans(); scans != 1 {
		t.Errorf("the log was read %d times", scans)
	}
}

func TestCluster_WithoutTheEngineStreamsStay(t *testing.T) {
	c := newTestCluster(t)
	a, b := c.start("a"), c.start("b", "--ready-when-degraded")
	stream := a.open("alice", "")
	first := a.send("user/alice", "n", "1")
	stream.want("n", "1")
	for _, m := range []*member{a, b} {
		m.log.fail(true)
	}
	for range 3 {
		if status := a.call("POST", "/api/messages", `{"to":"all","event":"n","data":0}`, nil); status != http.StatusServiceUnavailable {
			t.Errorf("POST: status %d, want 503", status)
		}
	}
	epoch, _, _ := strings.Cut(first, "-")
	replayed := a.open("alice", epoch+"-0") // from the window
	replayed.want("n", "1")
	eventually(t, "a is not ready", func() bool { return a.call("GET", "/readyz", "", nil) == http.StatusServiceUnavailable })
	if status := b.call("GET", "/readyz", "", nil); status != http.StatusOK {
		t.Errorf("b, which may be degraded: status %d", status)
	}
	for _, m := range []*member{a, b} {
		m.log.fail(false)
	}
	if status := a.call("GET", "/startupz", "", nil); status != http.StatusOK { // it has started, for good
		t.Errorf("/startupz without the engine: status %d", status)
	}
	eventually(t, "a is ready again", func() bool { return a.call("GET", "/readyz", "", nil) == http.StatusOK })
	b.send("user/alice", "n", "2")
	stream.want("n", "2")
	replayed.want("n", "2")
}

func TestMember_WaitsForAnEngineThatTakesNoLeaseYet(t *testing.T) {
	c := newTestCluster(t)
	c.shy = 2
	a := c.start("a")
	var got presence
	a.call("GET", "/api/stats", "", &got)
	if len(got.Instances) != 1 || got.Partial {
		t.Errorf("stats %+v", got)
	}
}

func TestMember_ReadinessNamesWhatIsMissing(t *testing.T) {
	c := newTestCluster(t)
	a := c.start("a")
	var got struct {
		Ready  bool
		Checks []struct {
			Name string
			OK   bool
		}
	}
	a.call("GET", "/readyz?verbose=1", "", &got)
	var names []string
	for _, check := range got.Checks {
		names = append(names, fmt.Sprintf("%s %v", check.Name, check.OK))
	}
	for _, want := range []string{"draining true", "window true", "memory true", "descriptors true", "engine true", "lease true"} {
		if !slices.Contains(names, want) {
			t.Errorf("checks %q, want %q", names, want)
		}
	}
	if !got.Ready {
		t.Error("not ready")
	}
}
