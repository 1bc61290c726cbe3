package transport

import (
	"strings"
	"testing"

	"example.org/hub/auth"
)

func TestDrain_IsBegunShownAndTakenBack(t *testing.T) {
	h := newTestHub(t)
	h.open("/api/sse", h.bearer("alice"))
	ask := func(method, want string, status int) {
		t.Helper()
		r := h.ask(method, "/api/drain", "", apiKeyHeader(adminKey))
		if r.status() != status || r.body != want {
			t.Errorf("%s: got %d %s", method, r.status(), r.body)
		}
	}
	ask("GET", `{"state":"serving","connections":1}`, 200)
	if v := h.counter("hub_drain_state"); v != "0" {
		t.Errorf("hub_drain_state %s", v)
	}
	ask("POST", `{"state":"drained","connections":1}`, 202)
	ask("POST", `{"state":"drained","connections":1}`, 202) // a second time changes nothing
	if v := h.counter("hub_drain_state"); v != "2" {
		t.Errorf("hub_drain_state %s", v)
	}
	ask("DELETE", `{"state":"serving","connections":1}`, 200)
	ask("DELETE", `{"state":"serving","connections":1}`, 200)
}

func TestDrain_IsNotTakenBackWhenTheHubStops(t *testing.T) {
	h := newTestHub(t)
	h.drained.Begin()
	h.drained.final.Store(true)
	h.ask("DELETE", "/api/drain", "", apiKeyHeader(adminKey)).want(t, 409, "stopping")
}

func TestDrain_EndsConnectionsWithTheirNextAnswer(t *testing.T) {
	h := newTestHub(t)
	if h.post(`{"to":"all","data":1}`).Close {
		t.Error("a connection ends before the drain")
	}
	h.check(h.tree.Drain(t.Context(), 0))
	for _, r := range []*response{
		h.post(`{"to":"all","data":1}`), h.ask("GET", "/readyz", ""), h.visit("GET", "/livez"), h.visit("GET", "/nothing"),
	} {
		if !r.Close {
			t.Errorf("a connection stays open after %d %s", r.status(), r.body)
		}
	}
}

func TestDrain_LogSaysWhoOrderedIt(t *testing.T) {
	h := newTestHub(t)
	h.ask("POST", "/api/drain", "", h.bearer("op", func(c *auth.Claims) { c.Scopes = []auth.Scope{auth.ScopeAdmin} })).want(t, 202, "")
	if !strings.Contains(h.logs.String(), `"msg":"drain ordered","by":"user/op"`) {
		t.Errorf("the log says\n%s", h.logs)
	}
}
