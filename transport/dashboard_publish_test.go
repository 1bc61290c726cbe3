package transport

import (
	"strings"
	"testing"

	"example.org/hub/auth"
)

// typed sends what the form of the dashboard sends.
func (h *testHub) typed(body string, headers ...string) *response {
	h.tb.Helper()
	return exchange(h.tb, h.public, request("POST", "/api/dashboard/messages", body, headers...))
}

func TestPublishFromDashboard_NeedsBothScopes(t *testing.T) {
	h := newTestHub(t)
	stream := h.open("/api/sse", h.bearer("bob"))
	const jsonType = "Content-Type: application/json"
	body := `{"to":"user/bob","event":"notification","data":{"title":"Hi"}}`
	scoped := func(scopes ...auth.Scope) string {
		return h.bearer("alice", func(c *auth.Claims) { c.Scopes = scopes })
	}
	for _, headers := range []string{scoped(), scoped(auth.ScopePublish), scoped(auth.ScopeDashboard), scoped(auth.ScopeTicket, auth.ScopePresence)} {
		h.typed(body, headers, jsonType).want(t, 403, "missing_scope")
	}
	both := scoped(auth.ScopeDashboard, auth.ScopePublish)
	r := h.typed(body, both, jsonType)
	r.want(t, 202, "")
	if !strings.Contains(r.body, `"connections":1`) {
		t.Errorf("got %s", r.body)
	}
	if ev := stream.until("notification"); string(ev.Data) != `{"title":"Hi"}` {
		t.Errorf("got %s", ev.Data)
	}
	h.typed(`{"to":"all"}`, both, jsonType).want(t, 400, "missing_field")
}

// What a browser sends along by itself, or a service has, is no reason to send.
func TestPublishFromDashboard_TakesTokensFromTheHeaderOnly(t *testing.T) {
	h := newTestHub(t)
	token := strings.TrimPrefix(h.bearer("alice", operatorScopes), "Authorization: Bearer ")
	for _, header := range []string{"Cookie: hub_token=" + token, apiKeyHeader(adminKey)} {
		h.typed(`{"to":"all","data":1}`, header, "Content-Type: application/json", "Origin: http://localhost").want(t, 401, "missing_credentials")
	}
	h.ask("POST", "/api/users/alice/revoke", "", apiKeyHeader(adminKey)).want(t, 202, "")
	h.typed(`{"to":"all","data":1}`, "Authorization: Bearer "+token, "Content-Type: application/json").want(t, 401, "token_revoked")
}
