package transport

import (
	"io"
	"strings"
	"testing"

	"example.org/hub/engine"
)

// Whatever goes wrong with a request, nothing of its credentials, its query or
// its message is in the log or the metrics.
func TestSecrets_AreNowhereInTheOutput(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.MaxBody = 2000 })
	broken := newTestHub(t, func(o *options) { o.Verifier = panickingVerifier{} })
	token := h.token("alice")
	ticket := h.ticket("Authorization: Bearer " + token)
	const (
		wrongKey  = "wrong-key-0123456789"
		idemKey   = "idempotency-0123456789"
		queryText = "query-0123456789"
		dataText  = "data-0123456789"
	)
	message := `{"to":"all","event":"n","data":"` + dataText + `"}`
	jsonType := "Content-Type: application/json"

	h.open("/api/sse?ticket="+ticket+"&lastEventId="+queryText, "X-Forwarded-For: 1.2.3.4").close()
	h.open("/api/sse?x="+queryText, "Cookie: hub_token="+token).close()
	h.visit("GET", "/api/sse?token="+token)
	h.visit("GET", "/api/sse?ticket="+ticket)
	h.visit("GET", "/api/sse?topics="+queryText, "Authorization: Bearer "+token)
	h.visit("GET", "/api/sse", "Authorization: Bearer "+token+"x")
	h.visit("GET", "/api/sse?"+queryText, "Authorization: Bearer "+token, "Origin: null")
	h.post(message, "Idempotency-Key: "+idemKey)
	h.post(message+"x", "Idempotency-Key: "+idemKey+" x")
	h.ask("POST", "/api/messages?"+queryText, message, apiKeyHeader(wrongKey), jsonType)
	h.ask("POST", "/api/messages", strings.Repeat(" ", 3000), apiKeyHeader(publishKey), jsonType)
	h.ask("DELETE", "/api/users/a/connections", "", apiKeyHeader(adminKey))
	h.engine.fail(engine.ErrUnavailable)
	h.post(message)
	h.batch(503, message)
	// Requests that fasthttp itself complains about, credentials and all.
	for _, line := range []string{
		"Authorization: Bearer " + token + "\x00", "Cookie: hub_token=" + token + "\r\n folded", "X-API-Key : " + adminKey,
		"Content-Length: x" + token, "Transfer-Encoding: " + adminKey, apiKeyHeader(strings.Repeat(wrongKey, 600)),
	} {
		for _, addr := range []string{h.public, h.internal} {
			exchange(t, addr, "GET /api/sse?"+queryText+" HTTP/1.1\r\nHost: localhost\r\n"+apiKeyHeader(publishKey)+"\r\n"+line+"\r\n\r\n")
		}
	}
	conn := dial(t, h.internal) // and a connection that breaks half-way
	_, _ = io.WriteString(conn, "POST /api/messages HTTP/1.1\r\nHost: localhost\r\n"+apiKeyHeader(publishKey)+"\r\nContent-Length: 99\r\n\r\n"+dataText)
	_ = conn.Close()
	broken.visit("GET", "/api/sse?ticket="+queryText, "Authorization: Bearer "+token).want(t, 500, "internal")
	if got := broken.metrics.panics.Get(); got != 1 {
		t.Errorf("%d panics were counted", got)
	}

	output := h.logs.String() + broken.logs.String() + h.ask("GET", "/metrics", "").body +
		h.ask("GET", "/readyz?verbose=1", "").body + h.ask("GET", "/debug/pprof/cmdline", "").body
	if !strings.Contains(output, "panic in a handler") || !strings.Contains(output, "order given") {
		t.Fatalf("this is not the output: %s", output)
	}
	for name, secret := range map[string]string{
		"token": token, "signature": token[strings.LastIndexByte(token, '.')+1:], "ticket": ticket, "publish key": publishKey,
		"admin key": adminKey, "wrong key": wrongKey, "idempotency key": idemKey, "query": queryText, "data": dataText, "JWT secret": jwtSecret,
	} {
		if i := strings.Index(output, secret); i >= 0 {
			t.Errorf("the %s is in the output: ...%s", name, output[max(0, i-200):i+len(secret)])
		}
	}
}
