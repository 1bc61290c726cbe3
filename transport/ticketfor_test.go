package transport

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/sse"
)

// ticketFor gets a ticket as a service does.
func (h *testHub) ticketFor(user, body string) string {
	h.tb.Helper()
	r := h.ask("POST", "/api/users/"+user+"/ticket", body, apiKeyHeader(adminKey))
	r.want(h.tb, 200, "")
	var answer ticketAnswer
	h.check(json.Unmarshal([]byte(r.body), &answer))
	return answer.Ticket
}

func TestTicketFor_OpensTheUsersStream(t *testing.T) {
	h := newTestHub(t)
	ticket := h.ticketFor("zo%C3%AB", "")
	var hello sse.Connected
	first := h.openRaw(request("GET", "/api/sse?ticket="+ticket, "")).until(sse.EventConnected)
	h.check(json.Unmarshal(first.Data, &hello))
	if hello.UserID != "zoë" || hello.TokenExpiresInMs <= 3_590_000 || hello.TokenExpiresInMs > 3_600_000 {
		t.Errorf("got %s", first.Data)
	}
	h.visit("GET", "/api/sse?ticket="+ticket).want(t, 401, "invalid_credentials")
}

func TestTicketFor_GrantsWhatTheServiceSays(t *testing.T) {
	h := newTestHub(t)
	h.visit("GET", "/api/sse?topics=news&ticket="+h.ticketFor("zoe", "")).want(t, 403, "topic_not_allowed")
	h.visit("GET", "/api/dashboard/sse?ticket="+h.ticketFor("zoe", "{}")).want(t, 403, "missing_scope")
	h.open("/api/sse?topics=news,team-1&ticket=" + h.ticketFor("zoe", `{"topics":["news","team-*"]}`))
	target := "/api/dashboard/sse?ticket=" + h.ticketFor("zoe", `{"dashboard":true,"ttl":60}`)
	first := h.openRaw(request("GET", target, "")).until(sse.EventConnected)
	var hello sse.Connected
	h.check(json.Unmarshal(first.Data, &hello))
	if hello.TokenExpiresInMs > 60_000 {
		t.Errorf("got %s", first.Data)
	}
}

func TestTicketFor_RefusesWhatItDoesNotUnderstand(t *testing.T) {
	h := newTestHub(t)
	for body, want := range map[string]struct{ code, field string }{
		"x": {"invalid_json", ""}, "[]": {"invalid_json", ""}, "{} {}": {"invalid_json", ""},
		`{"topics":[1]}`: {"invalid_type", "topics"}, `{"topics":"a"}`: {"invalid_type", "topics"}, `{"topics":["a"`: {"invalid_json", "topics"},
		`{"dashboard":1}`: {"invalid_type", "dashboard"}, `{"scopes":["admin"]}`: {"unknown_field", "scopes"},
		`{"Topics":["a"]}`: {"unknown_field", "Topics"}, `{"topics":["a"],"t\u006fpics":["*"]}`: {"duplicate_field", "topics"},
		`{"ttl":"1h"}`: {"invalid_ttl", "ttl"}, `{"ttl":0}`: {"invalid_ttl", "ttl"}, `{"ttl":86401}`: {"invalid_ttl", "ttl"}, `{"ttl":1e999}`: {"invalid_ttl", "ttl"},
		`{"topics":["a*b"]}`: {"invalid_topic", "topics"}, `{"topics":[""]}`: {"invalid_topic", "topics"},
		`{"topics":["a"` + strings.Repeat(`,"a"`, maxTopics) + `]}`: {"too_many_topics", "topics"},
	} {
		r := h.ask("POST", "/api/users/zoe/ticket", body, apiKeyHeader(adminKey))
		r.want(t, 400, want.code)
		if _, field := r.problem(t); field != want.field {
			t.Errorf("%s: field %q, want %q", body, field, want.field)
		}
	}
	for _, key := range []string{publishKey, presenceKey} {
		h.ask("POST", "/api/users/zoe/ticket", "", apiKeyHeader(key)).want(t, 403, "missing_scope")
	}
	h.ask("POST", "/api/users/%00/ticket", "", apiKeyHeader(adminKey)).want(t, 400, "invalid_path")
}

// A revocation counts for these as for those that a token bought.
func TestTicketFor_IsRevokedWithTheUser(t *testing.T) {
	h := newTestHub(t)
	ticket := h.ticketFor("zoe", "")
	h.ask("POST", "/api/users/zoe/revoke", "", apiKeyHeader(adminKey)).want(t, 202, "")
	h.visit("GET", "/api/sse?ticket="+ticket).want(t, 401, "token_revoked")
}

// Native EventSource takes any status but 200 for the end. Its ticket was not
// claimed, so that the same request works once the log is back.
func TestTicket_BringsNativeClientsBackWhenTheLogIs(t *testing.T) {
	h := newTestHub(t, func(o *options) {
		o.Tickets = auth.NewSharedTickets(auth.NewTickets(30*time.Second, 10), o.engine)
	})
	ticket := h.ticket(h.bearer("alice"))
	h.engine.fail(engine.ErrUnavailable)
	h.visit("GET", "/api/sse?ticket="+ticket, "X-SSE-Client: test").want(t, 503, "engine_unavailable")
	r := h.visit("GET", "/api/sse?ticket="+ticket)
	r.want(t, 200, "")
	if !strings.HasPrefix(r.body, "retry: ") || strings.Contains(r.body, "event:") || r.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("got %q %v", r.body, r.Header)
	}
	h.engine.fail(nil)
	h.openRaw(request("GET", "/api/sse?ticket="+ticket, "")).until(sse.EventConnected)
	h.visit("GET", "/api/sse?ticket="+ticket).want(t, 401, "invalid_credentials")
}
