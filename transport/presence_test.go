package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.org/hub/actors"
)

func (h *testHub) users(target string) usersPage {
	h.tb.Helper()
	r := h.ask("GET", target, "", apiKeyHeader(presenceKey))
	r.want(h.tb, 200, "")
	var page usersPage
	h.check(json.Unmarshal([]byte(r.body), &page))
	return page
}

func TestPresence_ListsPages(t *testing.T) {
	h := newTestHub(t)
	if r := h.ask("GET", "/api/users", "", apiKeyHeader(presenceKey)); r.body != `{"users":[]}` {
		t.Errorf("got %s", r.body)
	}
	for i := range 5 {
		h.open("/api/sse", h.bearer(fmt.Sprintf("user-%d", i)))
	}
	var ids []string
	target, pages := "/api/users?limit=2", 0
	for {
		page := h.users(target)
		for _, u := range page.Users {
			ids = append(ids, u.ID)
		}
		if pages++; page.Next == "" {
			break
		}
		target = "/api/users?limit=2&after=" + page.Next
	}
	if got := strings.Join(ids, " "); got != "user-0 user-1 user-2 user-3 user-4" || pages != 3 {
		t.Errorf("%d pages: %s", pages, got)
	}
	for _, query := range []string{"limit=0", "limit=1001", "limit=x", "limit=-1", "after=%00", "after=" + strings.Repeat("a", 257)} {
		h.ask("GET", "/api/users?"+query, "", apiKeyHeader(presenceKey)).want(t, 400, "")
	}
}

func TestPresence_ShowsAUser(t *testing.T) {
	h := newTestHub(t)
	before := time.Now().Add(-time.Second)
	h.open("/api/sse?topics=news", h.bearer("alice"), "User-Agent: "+strings.Repeat("a", 500))
	h.open("/api/sse", h.bearer("alice"))
	var user actors.UserInfo
	h.check(json.Unmarshal([]byte(h.ask("GET", "/api/users/alice", "", apiKeyHeader(presenceKey)).body), &user))
	if user.ID != "alice" || len(user.Connections) != 2 {
		t.Fatalf("got %+v", user)
	}
	for _, c := range user.Connections {
		if c.ID == "" || c.Remote != "127.0.0.1" || c.Instance != "test-1" || c.Since.Before(before) || c.LastWrite.Before(c.Since) {
			t.Errorf("got %+v", c)
		}
		if len(c.Topics) == 1 && (c.Topics[0] != "news" || len(c.UserAgent) != maxUserAgent) {
			t.Errorf("got %+v", c)
		}
	}
	if r := h.ask("GET", "/api/users/nobody", "", apiKeyHeader(presenceKey)); r.body != `{"id":"nobody","connections":[]}` {
		t.Errorf("got %s", r.body)
	}
}

func TestDisconnect_EndsStreams(t *testing.T) {
	h := newTestHub(t)
	first, second := h.open("/api/sse", h.bearer("alice")), h.open("/api/sse", h.bearer("alice"))
	bob := h.open("/api/sse", h.bearer("bob"))
	id := func(r *reader) string {
		var hello struct{ ConnectionID string }
		h.check(json.Unmarshal(r.seen[0].Data, &hello))
		return hello.ConnectionID
	}
	out := h.ask("DELETE", "/api/connections/"+id(first), "", apiKeyHeader(adminKey), "Idempotency-Key: k").outcome(t)
	if out.Connections != 1 {
		t.Errorf("got %+v", out)
	}
	first.rest()
	again := h.ask("DELETE", "/api/connections/"+id(first), "", apiKeyHeader(adminKey), "Idempotency-Key: k").outcome(t)
	if !again.Duplicate || again.ID != out.ID {
		t.Errorf("got %+v", again)
	}
	if out := h.ask("DELETE", "/api/users/alice/connections", "", apiKeyHeader(adminKey)).outcome(t); out.Connections != 1 || out.Users != 1 {
		t.Errorf("got %+v", out)
	}
	events := second.rest()
	if len(events) == 0 || !strings.Contains(string(events[len(events)-1].Data), `"admin"`) {
		t.Errorf("the stream ended with %v", events)
	}
	if out := h.ask("DELETE", "/api/users/nobody/connections", "", apiKeyHeader(adminKey)).outcome(t); out.Connections != 0 {
		t.Errorf("got %+v", out)
	}
	h.post(`{"to":"all","event":"n","data":1}`).want(t, 202, "")
	bob.until("n")
	h.ask("DELETE", "/api/connections/x", "", apiKeyHeader(adminKey), "Idempotency-Key: a b").want(t, 400, "invalid_idempotency_key")
}

// stuckHub does not answer in time. It can skip the time.
type stuckHub struct {
	Hub
	atOnce bool
}

func (h stuckHub) wait(ctx context.Context) error {
	if !h.atOnce {
		<-ctx.Done()
	}
	return fmt.Errorf("%w: %w", actors.ErrNoAnswer, context.DeadlineExceeded)
}

func (h stuckHub) Ping(ctx context.Context) error { return h.wait(ctx) }

func (h stuckHub) Users(ctx context.Context, _ string, _ int) ([]actors.UserInfo, error) {
	return nil, h.wait(ctx)
}

func (h stuckHub) User(ctx context.Context, _ string) (actors.UserInfo, bool, error) {
	return actors.UserInfo{}, false, h.wait(ctx)
}

func TestStuckActors(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.around = func(tree Hub) Hub { return stuckHub{Hub: tree} } })
	for _, tt := range []struct{ addr, target, code string }{
		{h.internal, "/api/users", "timeout"}, {h.internal, "/api/users/x", "timeout"}, {h.public, "/livez", ""}, {h.public, "/readyz", ""},
	} {
		t.Run(tt.target, func(t *testing.T) {
			t.Parallel() // each waits for its time to run out
			exchange(t, tt.addr, request("GET", tt.target, "", apiKeyHeader(presenceKey))).want(t, 503, tt.code)
		})
	}
}
