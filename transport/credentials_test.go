package transport

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/auth"
)

func TestCredentials_OrderAndRefusal(t *testing.T) {
	h := newTestHub(t)
	good := h.token("alice")
	expired := h.expiredToken("alice")
	for _, tt := range []struct {
		name    string
		headers []string
		status  int
		code    string
	}{
		{"none", nil, 401, "missing_credentials"},
		{"empty bearer", []string{"Authorization: Bearer "}, 401, "invalid_credentials"},
		{"basic", []string{"Authorization: Basic YTpi"}, 401, "invalid_credentials"},
		{"garbage", []string{"Authorization: Bearer x.y.z"}, 401, "invalid_credentials"},
		{"expired", []string{"Authorization: Bearer " + expired}, 401, "token_expired"},
		{"changed", []string{"Authorization: Bearer " + good[:len(good)-2] + "AA"}, 401, "invalid_credentials"},
		{"bad cookie", []string{"Cookie: hub_token=x"}, 401, "invalid_credentials"},
		{"other cookie", []string{"Cookie: token=" + good}, 401, "missing_credentials"},
		{"bad bearer is not passed over for the cookie", []string{"Authorization: Bearer x", "Cookie: hub_token=" + good}, 401, "invalid_credentials"},
		{"API keys are for services", []string{apiKeyHeader(adminKey)}, 401, "missing_credentials"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := h.visit("GET", "/api/sse", tt.headers...)
			r.want(t, tt.status, tt.code)
			if r.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("got %v", r.Header)
			}
		})
	}
	h.visit("GET", "/api/sse?ticket=abc").want(t, 401, "invalid_credentials")
	h.open("/api/sse", "authorization: bEaReR "+good)
	h.open("/api/sse", "Cookie: a=b; hub_token="+good)
	r := h.open("/api/sse", "Authorization: Bearer "+good, "Cookie: hub_token="+h.token("bob"))
	if !strings.Contains(string(r.seen[0].Data), `"userId":"alice"`) {
		t.Errorf("the cookie won: %s", r.seen[0].Data)
	}
}

// expiredToken makes a token whose time is up, in a bubble where time passes.
func (h *testHub) expiredToken(user string) (token string) {
	h.tb.Helper()
	t, ok := h.tb.(*testing.T)
	if !ok {
		h.tb.Fatal("not in a test")
	}
	synctest.Test(t, func(*testing.T) { // the bubble's clock starts in the year 2000
		var err error
		token, err = auth.Mint(h.key, auth.Claims{User: user, TTL: time.Hour})
		h.check(err)
	})
	return token
}

// Browsers send a cookie along for pages of strangers too.
func TestCredentials_CookieNeedsAKnownPage(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.AllowedOrigins = []string{appOrigin} })
	cookie := "Cookie: hub_token=" + h.token("alice")
	for _, tt := range []struct {
		name      string
		headers   []string
		get, post int
	}{
		{"allowed origin", []string{"Origin: " + appOrigin, "Sec-Fetch-Site: cross-site"}, 200, 200},
		{"same origin", []string{"Origin: http://localhost"}, 200, 200},
		{"strange origin", []string{"Origin: https://evil.example"}, 403, 403},
		{"null origin", []string{"Origin: null"}, 403, 403},
		{"same site by fetch metadata", []string{"Sec-Fetch-Site: same-origin"}, 200, 200},
		{"address bar", []string{"Sec-Fetch-Site: none"}, 200, 200},
		{"cross site without origin", []string{"Sec-Fetch-Site: cross-site"}, 403, 403},
		{"sibling site without origin", []string{"Sec-Fetch-Site: same-site"}, 403, 403},
		{"no browser", nil, 200, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			headers := append([]string{cookie}, tt.headers...)
			if tt.get == 200 {
				h.open("/api/sse", headers...).close()
			} else {
				h.visit("GET", "/api/sse", headers...).want(t, tt.get, "")
			}
			h.visit("POST", "/api/sse/ticket", headers...).want(t, tt.post, "")
		})
	}
}

func (h *testHub) ticket(headers ...string) string {
	h.tb.Helper()
	r := h.visit("POST", "/api/sse/ticket", headers...)
	r.want(h.tb, 200, "")
	var answer ticketAnswer
	h.check(json.Unmarshal([]byte(r.body), &answer))
	if answer.Ticket == "" || answer.ExpiresInMs <= 0 || answer.ExpiresInMs > 30_000 || r.Header.Get("Cache-Control") != "no-store" {
		h.tb.Fatalf("got %s %v", r.body, r.Header)
	}
	return answer.Ticket
}

func TestTicket_WorksOnce(t *testing.T) {
	h := newTestHub(t)
	ticket := h.ticket(h.bearer("alice"))
	h.visit("HEAD", "/api/sse?ticket="+ticket).want(t, 200, "") // takes nothing
	h.open("/api/sse?topics=news&ticket=" + ticket)
	h.visit("GET", "/api/sse?ticket="+ticket).want(t, 401, "invalid_credentials")
	// A ticket does not buy another.
	h.visit("POST", "/api/sse/ticket?ticket="+h.ticket(h.bearer("alice"))).want(t, 401, "missing_credentials")
	h.visit("POST", "/api/sse/ticket").want(t, 401, "missing_credentials")
}

func TestTicket_WorksOnceUnderARace(t *testing.T) {
	h := newTestHub(t)
	ticket := h.ticket(h.bearer("alice"))
	var wg sync.WaitGroup
	for range 20 {
		conn := dial(t, h.public)
		wg.Go(func() {
			_, _ = conn.Write([]byte(request("GET", "/api/sse?ticket="+ticket, "")))
			buf := make([]byte, 12)
			_, _ = conn.Read(buf)
			if string(buf) != "HTTP/1.1 200" && string(buf) != "HTTP/1.1 401" {
				t.Errorf("got %q", buf)
			}
		})
	}
	wg.Wait()
	await(t, "one stream is open", func() bool { return h.tree.Stats().ConnectionsTotal == 1 })
	if got := h.counter(`hub_auth_failures_total{reason="ticket"}`); got != "19" {
		t.Errorf("%s were refused", got)
	}
}

func TestTicket_CarriesTheRightsOfItsToken(t *testing.T) {
	h := newTestHub(t)
	h.visit("GET", "/api/sse?topics=secret&ticket="+h.ticket(h.bearer("alice"))).want(t, 403, "topic_not_allowed")
	h.visit("GET", "/api/dashboard/sse?ticket="+h.ticket(h.bearer("alice"))).want(t, 403, "missing_scope")
	h.open("/api/dashboard/sse?ticket=" + h.ticket(h.bearer("alice", dashboardScope)))
}

// A ticket made before a revocation is as void as its token.
func TestRevoke_RefusesTokensAndTickets(t *testing.T) {
	h := newTestHub(t)
	token := h.bearer("alice")
	stream, ticket := h.open("/api/sse", token), h.ticket(token)
	bob := h.bearer("bob")
	out := h.ask("POST", "/api/users/alice/revoke", "", apiKeyHeader(adminKey)).outcome(t)
	if out.Connections != 1 || out.ID == "" {
		t.Errorf("got %+v", out)
	}
	events := stream.rest()
	if len(events) == 0 || !strings.Contains(string(events[len(events)-1].Data), "revoked") {
		t.Errorf("the stream ended with %v", events)
	}
	h.visit("GET", "/api/sse", token).want(t, 401, "token_revoked")
	h.visit("GET", "/api/sse?ticket="+ticket).want(t, 401, "token_revoked")
	h.visit("POST", "/api/sse/ticket", token).want(t, 401, "token_revoked")
	h.open("/api/sse", bob)

	operator := h.bearer("op", func(c *auth.Claims) { c.Scopes = []auth.Scope{auth.ScopeAdmin} })
	h.ask("GET", "/api/stats", "", operator).want(t, 200, "")
	h.ask("POST", "/api/users/op/revoke", "", operator).want(t, 202, "")
	h.ask("GET", "/api/stats", "", operator).want(t, 401, "token_revoked")
}

func TestRevoke_ARefusedOrderIsNotCarriedOut(t *testing.T) {
	h := newTestHub(t)
	token := h.bearer("alice")
	r := h.ask("POST", "/api/users/alice/revoke", "", apiKeyHeader(adminKey), "Idempotency-Key: with a space")
	r.want(t, 400, "invalid_idempotency_key")
	h.open("/api/sse", token)
}

func TestDeps_WithoutVerifierOrKeysNothingIsValid(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.Verifier, o.APIKeys = nil, nil })
	h.visit("GET", "/api/sse", h.bearer("alice")).want(t, 401, "invalid_credentials")
	h.ask("GET", "/api/stats", "", apiKeyHeader(adminKey)).want(t, 401, "invalid_credentials")
	h.ask("GET", "/api/stats", "", h.bearer("alice")).want(t, 401, "invalid_credentials")
}

func TestBearer(t *testing.T) {
	f := func(header, want string) {
		t.Helper()
		if got := bearer([]byte(header)); got != want {
			t.Errorf("bearer(%q) = %q", header, got)
		}
	}
	f("Bearer a.b.c", "a.b.c")
	f("BEARER x", "x")
	f("Bearer", "")
	f("Bearer ", "")
	f("Basic x", "")
	f("Bearerx y", "")
	f("", "")
}
