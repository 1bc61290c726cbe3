package transport

import "testing"

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
