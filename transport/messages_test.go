package transport

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"example.org/hub/auth"
	"example.org/hub/engine"
)

// outcome is the JSON of the answer to a message.
type outcome struct {
	ID                 string
	Connections, Users int
	Duplicate          bool
	Line               int
	Error              struct{ Code, Field string }
}

func (r *response) outcome(tb testing.TB) (out outcome) {
	tb.Helper()
	r.want(tb, 202, "")
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		tb.Fatalf("%s: %v", r.body, err)
	}
	return out
}

func TestPublish_HonestCounts(t *testing.T) {
	h := newTestHub(t)
	h.open("/api/sse?topics=news", h.bearer("alice"))
	h.open("/api/sse", h.bearer("alice"))
	h.open("/api/sse?topics=news", h.bearer("bob"))
	f := func(to string, connections, users int) {
		t.Helper()
		out := h.post(`{"to":` + to + `,"data":1}`).outcome(t)
		if out.Connections != connections || out.Users != users {
			t.Errorf("%s: got %d connections of %d users, want %d of %d", to, out.Connections, out.Users, connections, users)
		}
		if _, err := engine.ParsePosition(out.ID); err != nil {
			t.Errorf("%s: id %q", to, out.ID)
		}
	}
	f(`"user/alice"`, 2, 1)
	f(`"user/nobody"`, 0, 0)
	f(`"topic/news"`, 2, 2)
	f(`"all"`, 3, 2)
	f(`["user/alice","topic/news","user/alice"]`, 3, 2)
}

func TestPublish_Transient(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice"))
	if out := h.post(`{"to":"all","event":"n","data":1,"transient":true}`).outcome(t); out.ID != "" || out.Connections != 1 {
		t.Errorf("got %+v", out)
	}
	before := r.seen[len(r.seen)-1].ID
	if ev := r.until("n"); ev.ID != before && !strings.HasSuffix(ev.ID, "-0") {
		t.Errorf("a transient event has the id %q", ev.ID)
	}
}

func TestPublish_IdempotencyKey(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice"))
	key := "Idempotency-Key: k/1"
	first := h.post(`{"to":"all","event":"n","data":1}`, key).outcome(t)
	again := h.post(`{"to":"all","event":"n","data":"another body"}`, key).outcome(t)
	if again.ID != first.ID || !again.Duplicate || first.Duplicate || again.Connections != 0 {
		t.Errorf("first %+v, again %+v", first, again)
	}
	// The same key of another caller is another key.
	other := h.ask("POST", "/api/messages", `{"to":"all","event":"n","data":2}`,
		apiKeyHeader(adminKey), "Content-Type: application/json", key).outcome(t)
	if other.ID == first.ID {
		t.Error("keys of two callers are one")
	}
	for _, want := range []string{"1", "2"} {
		if ev := r.until("n"); string(ev.Data) != want {
			t.Errorf("got %s, want %s", ev.Data, want)
		}
	}
}

func TestPublish_IdempotencyKeyOfLines(t *testing.T) {
	h := newTestHub(t)
	batch := func(body string) []outcome {
		return h.batch(202, body, "Idempotency-Key: k")
	}
	first := batch(`{"to":"all","data":1}` + "\n" + `{"to":"all","data":2}`)
	again := batch(`{"to":"all","data":1}` + "\n" + `{"to":"all","data":2}` + "\n" + `{"to":"all","data":3}`)
	for i := range first {
		if again[i].ID != first[i].ID || !again[i].Duplicate {
			t.Errorf("line %d: first %+v, again %+v", i+1, first[i], again[i])
		}
	}
	if again[2].Duplicate || again[2].ID == "" {
		t.Errorf("the new line: %+v", again[2])
	}
	// A single message's key is never that of a line.
	if out := h.post(`{"to":"all","data":1}`, "Idempotency-Key: k").outcome(t); out.Duplicate {
		t.Error("a line's key is a message's")
	}
}

func TestScopedKey_IsInjective(t *testing.T) {
	seen := make(map[string]string)
	for _, name := range []string{"user/a", "user/a:b", "user/a:", "service/a", "user/1:x"} {
		for _, header := range []string{"a", "b:a", ":a", "x"} {
			key := scopedKey(name, []byte(header))
			from := name + " | " + header
			if was, ok := seen[key]; ok {
				t.Errorf("%q and %q have the key %q", was, from, key)
			}
			seen[key] = from
			if line := lineKey(key, 1); seen[line] != "" || line == key {
				t.Errorf("line key %q", line)
			}
		}
	}
}

func TestPublish_Refuses(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.MaxData, o.MaxBatch = 100, 3 })
	const message = `{"to":"all","data":1}`
	key, jsonType := apiKeyHeader(publishKey), "Content-Type: application/json"
	for _, tt := range []struct {
		name    string
		target  string
		body    string
		headers []string
		status  int
		code    string
	}{
		{"no content type", "", message, []string{key}, 415, "unsupported_media_type"},
		{"form", "", message, []string{key, "Content-Type: application/x-www-form-urlencoded"}, 415, "unsupported_media_type"},
		{"text", "", message, []string{key, "Content-Type: text/plain"}, 415, "unsupported_media_type"},
		{"json suffix", "", message, []string{key, "Content-Type: application/jsonx"}, 415, "unsupported_media_type"},
		{"gzip", "", message, []string{key, jsonType, "Content-Encoding: gzip"}, 415, "unsupported_encoding"},
		{"receipt", "?receipt=world", message, []string{key, jsonType}, 400, "invalid_receipt"},
		{"key with a space", "", message, []string{key, jsonType, "Idempotency-Key: a b"}, 400, "invalid_idempotency_key"},
		{"key too long", "", message, []string{key, jsonType, "Idempotency-Key: " + strings.Repeat("k", 129)}, 400, "invalid_idempotency_key"},
		{"key not ASCII", "", message, []string{key, jsonType, "Idempotency-Key: é"}, 400, "invalid_idempotency_key"},
		{"two keys", "", message, []string{key, jsonType, "Idempotency-Key: a", "Idempotency-Key: b"}, 400, "invalid_idempotency_key"},
		{"empty", "", "", []string{key, jsonType}, 400, "invalid_json"},
		{"data too large", "", `{"to":"all","data":"` + strings.Repeat("a", 100) + `"}`, []string{key, jsonType}, 413, "data_too_large"},
		{"empty batch", "", "\n", []string{key, "Content-Type: application/x-ndjson"}, 400, "empty_batch"},
		{"batch too large", "", strings.Repeat(message+"\n", 4), []string{key, "Content-Type: application/x-ndjson"}, 413, "batch_too_large"},
		{"a million lines", "", strings.Repeat("\n", 1e6), []string{key, "Content-Type: application/x-ndjson"}, 413, "batch_too_large"},
		{"no credentials", "", message, []string{jsonType}, 401, "missing_credentials"},
		{"unknown key", "", message, []string{jsonType, apiKeyHeader("x")}, 401, "invalid_credentials"},
		{"other scope", "", message, []string{jsonType, apiKeyHeader(presenceKey)}, 403, "missing_scope"},
		{"token without scope", "", message, []string{jsonType, h.bearer("alice")}, 403, "missing_scope"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.ask("POST", "/api/messages"+tt.target, tt.body, tt.headers...).want(t, tt.status, tt.code)
		})
	}
	if got := h.messagesIn.Load(); got != 0 {
		t.Errorf("%d messages were stored", got)
	}
}

func TestPublish_LimitsAreNamed(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.MaxData, o.MaxBatch = 100, 3 })
	f := func(r *response, want string) {
		t.Helper()
		if r.status() != 413 || !strings.Contains(r.body, want) {
			t.Errorf("got %d %s, want %q in it", r.status(), r.body, want)
		}
	}
	f(h.post(`{"to":"all","data":"`+strings.Repeat("a", 200)+`"}`), "202 bytes, the limit is 100")
	f(h.ask("POST", "/api/messages", "1\n2\n3\n4\n", apiKeyHeader(publishKey), "Content-Type: application/x-ndjson"),
		"4 lines, the limit is 3")
}

func TestPublish_AcceptedForms(t *testing.T) {
	h := newTestHub(t)
	token := h.bearer("svc", func(c *auth.Claims) { c.Scopes = []auth.Scope{auth.ScopePublish} })
	for _, headers := range [][]string{
		{apiKeyHeader(publishKey), "Content-Type: application/json; charset=utf-8"},
		{apiKeyHeader(publishKey), "Content-Type: Application/JSON"},
		{apiKeyHeader(adminKey), "Content-Type: application/json"}, // admin includes publish
		{token, "Content-Type: application/json", "Content-Encoding: identity"},
	} {
		h.ask("POST", "/api/messages?receipt=cluster", `{"to":"all","data":1}`, headers...).want(t, 202, "")
	}
	text := "POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + apiKeyHeader(publishKey) +
		"\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n15\r\n" + `{"to":"all","data":1}` + "\r\n0\r\n\r\n"
	r := exchange(t, h.internal, text)
	if r.status() != 100 {
		t.Errorf("got %d, want 100 first", r.status())
	}
}

// batch posts NDJSON and returns the results, one a line.
func (h *testHub) batch(status int, body string, headers ...string) []outcome {
	h.tb.Helper()
	r := h.ask("POST", "/api/messages", body,
		append([]string{apiKeyHeader(publishKey), "Content-Type: application/x-ndjson"}, headers...)...)
	r.want(h.tb, status, "")
	if got := r.Header.Get("Content-Type"); got != "application/x-ndjson" {
		h.tb.Fatalf("content type %q", got)
	}
	var all []outcome
	for line := range strings.Lines(r.body) {
		var out outcome
		h.check(json.Unmarshal([]byte(line), &out))
		all = append(all, out)
	}
	return all
}

func TestPublishBatch_ABadLineFailsAlone(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice"))
	got := h.batch(202, strings.Join([]string{
		`{"to":"user/alice","event":"n","data":1}`,
		`{"to":"user/alice","event":"ping","data":2}`,
		``,
		`{"to":"user/alice","event":"n","data":4}` + "\r",
		`not json`,
	}, "\n")+"\n")
	var text []string
	for i, out := range got {
		if out.Error.Code == "" {
			text = append(text, fmt.Sprintf("%d:%d", i+1, out.Connections))
		} else {
			text = append(text, fmt.Sprintf("%d:%s:%s", out.Line, out.Error.Code, out.Error.Field))
		}
	}
	if got := strings.Join(text, " "); got != "1:1 2:reserved_event:event 3:invalid_json: 4:1 5:invalid_json:" {
		t.Errorf("got %s", got)
	}
	for _, want := range []string{"1", "4"} {
		if ev := r.until("n"); string(ev.Data) != want {
			t.Errorf("got %s", ev.Data)
		}
	}
}

func TestPublishBatch_OrderAndCount(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice"))
	var lines strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&lines, "{\"to\":\"user/alice\",\"event\":\"n\",\"data\":%d}\n", i)
	}
	got := h.batch(202, lines.String())
	if len(got) != 1000 {
		t.Fatalf("%d results", len(got))
	}
	for i, out := range got {
		if out.Connections != 1 {
			t.Fatalf("line %d: %+v", i+1, out)
		}
	}
	for i := range 1000 {
		if ev := r.until("n"); string(ev.Data) != strconv.Itoa(i) || ev.ID != got[i].ID {
			t.Fatalf("event %d: %s %s", i, ev.ID, ev.Data)
		}
	}
}

func TestPublishBatch_StatusOfTheFirstFailureIfNothingWasStored(t *testing.T) {
	h := newTestHub(t)
	if got := h.batch(400, "1\n2\n"); len(got) != 2 {
		t.Errorf("got %+v", got)
	}
	h.engine.fail(engine.ErrUnavailable)
	if got := h.batch(503, `{"to":"all","data":1}`); got[0].Error.Code != "engine_unavailable" {
		t.Errorf("got %+v", got)
	}
}

func TestPublish_EngineDown(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice"))
	h.engine.fail(fmt.Errorf("connection refused: %w", engine.ErrUnavailable))
	for _, resp := range []*response{
		h.post(`{"to":"all","event":"n","data":1}`),
		h.ask("DELETE", "/api/connections/x", "", apiKeyHeader(adminKey)),
		h.ask("POST", "/api/users/zoe/revoke", "", apiKeyHeader(adminKey)),
	} {
		resp.want(t, 503, "engine_unavailable")
		if resp.Header.Get("Retry-After") == "" || strings.Contains(resp.body, "refused") {
			t.Errorf("got %v %s", resp.Header, resp.body)
		}
	}
	h.engine.fail(nil)
	h.post(`{"to":"all","event":"n","data":2}`).want(t, 202, "")
	if ev := r.until("n"); string(ev.Data) != "2" {
		t.Errorf("got %s", ev.Data)
	}
	if got := h.counter(`hub_publish_requests_total{target="broadcast",code="503"}`); got != "1" {
		t.Errorf("counted %s", got)
	}
}

// Everything that the framing of SSE could trip over arrives as it was sent.
func TestPublish_DataArrivesUnchanged(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice"))
	for _, data := range []string{
		`"a\nb"`, `"a\r\nb"`, `"a\rb"`, `"\u2028\u2029"`, "\"\u2028\"", `""`, `" x"`, `"\ufeff"`, "\"\ufeff\"", `"\u0000"`, `"data: x\n\nevent: gap"`,
		`{"":{"":[]}}`, `1e999`, `"😀"`,
	} {
		h.post(`{"to":"all","event":"n","data":`+data+`}`).want(t, 202, "")
		if ev := r.until("n"); string(ev.Data) != data {
			t.Errorf("sent %s, got %s", data, ev.Data)
		}
	}
	h.post(`{"to":"all","event":"d\u2028: é","data":1}`).want(t, 202, "")
	ev := r.until("d\u2028: é")
	if string(ev.Data) != "1" {
		t.Errorf("got %s", ev.Data)
	}
}
