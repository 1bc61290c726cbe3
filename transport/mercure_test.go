package transport

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/mercure"
)

// mercureJWT signs claims as publishers in other languages do.
func mercureJWT(claims string) string { return mercureJWTBy(jwtSecret, claims) }

func mercureJWTBy(secret, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

func mercureBearer(claims string) string { return "Authorization: Bearer " + mercureJWT(claims) }

const (
	pageOrigin   = "https://app.example.com"
	publisher    = `{"mercure":{"publish":["*"]}}`
	reader1      = `{"sub":"reader","mercure":{"subscribe":["https://e/users/1/{?topic}","granted"]}}`
	formEncoding = "Content-Type: application/x-www-form-urlencoded"
)

func newMercureHub(t *testing.T, configure ...func(*options)) *testHub {
	t.Helper()
	return newTestHub(t, append([]func(*options){func(o *options) {
		o.Config.Mercure, o.MercureAnonymous = true, true
		o.AllowedOrigins = []string{pageOrigin}
		o.Deps.Mercure = o.Verifier.(*auth.Verifier)
		o.Past = o.Log.(Past)
	}}, configure...)...)
}

// update publishes a form and returns the id.
func (h *testHub) update(form string) string {
	h.tb.Helper()
	r := exchange(h.tb, h.public, request("POST", mercurePath, form, mercureBearer(publisher), formEncoding))
	if r.status() != 200 {
		h.tb.Fatalf("%s: %d %s", form, r.status(), r.body)
	}
	return r.body
}

// mercureStream is a subscriber that sees bytes.
type mercureStream struct {
	*reader
	lines *bufio.Reader
}

func (h *testHub) follow(query string, headers ...string) *mercureStream {
	h.tb.Helper()
	r := h.openRaw(request("GET", mercurePath+"?"+query, "", headers...))
	h.tb.Cleanup(r.close)
	s := &mercureStream{r, bufio.NewReader(r.resp.Body)}
	line, err := s.lines.ReadString('\n')
	if err != nil || !regexp.MustCompile(`^retry: \d+\n$`).MatchString(line) {
		h.tb.Fatalf("the stream begins with %q, %v", line, err)
	}
	return s
}

// want reads bytes that are to follow.
func (s *mercureStream) want(text string) {
	s.tb.Helper()
	got := make([]byte, len(text))
	if n, err := io.ReadFull(s.lines, got); err != nil || string(got) != text {
		s.tb.Fatalf("got %q, %v, want %q", got[:n], err, text)
	}
}

func (s *mercureStream) since() string { return s.resp.Header.Get("Last-Event-ID") }

func TestMercure_IsNotThereUnlessAskedFor(t *testing.T) {
	h := newTestHub(t)
	h.visit("GET", mercurePath+"?topic=a", h.bearer("alice")).want(t, 404, "not_found")
	h.ask("POST", mercurePath, "topic=a", mercureBearer(publisher), formEncoding).want(t, 404, "not_found")
}

func TestMercure_PublishAndSubscribe(t *testing.T) {
	h := newMercureHub(t)
	exact := h.follow("topic=https%3A%2F%2Fe%2Fbooks%2F1&topic=b")
	pattern := h.follow("topic=" + url.QueryEscape("https://e/books/{id}"))
	all := h.follow("topic=*", mercureBearer(reader1))
	if got := exact.resp.Header; got.Get("Content-Type") != "text/event-stream" || !strings.HasPrefix(exact.since(), "#") || got.Get("Cache-Control") == "" {
		t.Errorf("headers: %v", got)
	}

	id := h.update("topic=https://e/books/1&topic=b&data=one%0Atwo%0D%0Athree%0Dfour")
	if _, err := engine.ParsePosition(strings.TrimPrefix(id, "#")); err != nil || id[0] != '#' {
		t.Errorf("the id is %q", id)
	}
	frame := "id: " + id + "\ndata: one\ndata: two\ndata: three\ndata: four\n\n"
	for _, s := range []*mercureStream{exact, pattern, all} {
		s.want(frame) // once, though several topics match
	}
	if id := h.update("topic=b&id=urn:uuid:e1ee88e2&type=changed&retry=1500&data={}"); id != "urn:uuid:e1ee88e2" {
		t.Errorf("the id is %q", id)
	}
	frame = "id: urn:uuid:e1ee88e2\nevent: changed\nretry: 1500\ndata: {}\n\n"
	exact.want(frame)
	all.want(frame)
	h.update("topic=b&private&id=secret")
	h.update("topic=b&topic=granted&private=&id=granted")
	h.update("topic=b&id=end")
	exact.want("id: end\ndata: \n\n")
	all.want("id: granted\ndata: \n\nid: end\ndata: \n\n")
	h.update("topic=https://e/books/9&id=end")
	pattern.want("id: end\ndata: \n\n")
}

// Both doors lead to the same log: what the hub's own API sends to a topic is
// private for Mercure, and updates reach the hub's own streams.
func TestMercure_SharesTopicsWithTheHubsOwnRoutes(t *testing.T) {
	h := newMercureHub(t)
	own := h.open("/api/sse?topics=news", h.bearer("alice"))
	anyone := h.follow("topic=news&topic=granted")
	allowed := h.follow("topic=news&topic=granted", mercureBearer(reader1))
	h.post(`{"to":["topic/news"],"event":"n","data":1}`).want(t, 202, "")
	h.post(`{"to":["topic/granted","all","user/reader"],"event":"n","data":2}`).want(t, 202, "")
	if ev := own.until("n"); string(ev.Data) != "1" || strings.HasPrefix(ev.ID, "#") {
		t.Errorf("got %+v", ev)
	}
	h.update("topic=news&type=u&id=own&data=3")
	if ev := own.until("u"); string(ev.Data) != "3" || ev.ID == "own" {
		t.Errorf("got %+v", ev)
	}
	anyone.want("id: own\nevent: u\ndata: 3\n\n")
	line, _ := allowed.lines.ReadString('\n')
	if !strings.HasPrefix(line, "id: #") {
		t.Errorf("got %q", line)
	}
	allowed.want("event: n\ndata: 2\n\nid: own\nevent: u\ndata: 3\n\n")
}

func TestMercure_PresenceIsToldOfUsersOnly(t *testing.T) {
	told := make(chan string, 8)
	h := newMercureHub(t, func(o *options) {
		o.actors.OnPresence = func(user string, _ bool) { told <- user }
	})
	h.follow("topic=a")
	h.follow("topic=a", mercureBearer(`{"mercure":{"subscribe":["a"]}}`))
	h.follow("topic=a", mercureBearer(reader1))
	if user := <-told; user != "reader" {
		t.Errorf("told of %q", user)
	}
}

func TestMercure_SubscribersAreChecked(t *testing.T) {
	h := newMercureHub(t)
	closed := newMercureHub(t, func(o *options) { o.MercureAnonymous = false })
	expired := mercureJWT(fmt.Sprintf(`{"exp":%d,"mercure":{"subscribe":["*"]}}`, time.Now().Unix()-1))
	f := func(h *testHub, query string, status int, code string, headers ...string) {
		t.Helper()
		r := h.visit("GET", mercurePath+query, headers...)
		r.want(t, status, code)
		if strings.Contains(r.body, "eyJ") {
			t.Errorf("the answer holds the token: %s", r.body)
		}
	}
	f(h, "", 400, "missing_field")
	f(h, "?topic=", 400, "invalid_topic")
	f(h, "?topic=a&topic=b%0A", 400, "invalid_topic")
	f(h, "?topic=%ff", 400, "invalid_topic")
	f(h, "?topic="+strings.Repeat("x", mercure.MaxTopicLen+1), 400, "invalid_topic")
	f(h, "?topic="+strings.Repeat("%7Ba%7D", mercure.MaxVariables+1), 400, "invalid_topic")
	f(h, "?"+strings.Repeat("topic=a&", maxTopics+1), 400, "too_many_topics")
	f(closed, "?topic=a", 401, "missing_credentials")
	f(closed, "?topic=%00", 401, "missing_credentials") // selectors of strangers are not even read
	f(closed, "?topic=a&authorization=", 401, "invalid_credentials")
	for _, bad := range []string{"x", "a.b.c", mercureJWT(publisher) + "x", mercureJWT(`{"mercure":{"subscribe":[""]}}`), mercureJWT(`{"mercure":7}`)} {
		// A bad credential does not make somebody anonymous.
		f(h, "?topic=a", 401, "invalid_credentials", "Authorization: Bearer "+bad)
		f(h, "?topic=a&authorization="+bad, 401, "invalid_credentials")
		f(h, "?topic=a", 401, "invalid_credentials", "Cookie: mercureAuthorization="+bad)
	}
	f(h, "?topic=a", 401, "invalid_credentials", "Authorization: Basic eDp5")
	f(h, "?topic=a&authorization="+expired, 401, "token_expired")
	// Header over query over cookie, and none is passed over.
	good := mercureJWT(reader1)
	f(h, "?topic=a&authorization="+good, 401, "invalid_credentials", "Authorization: Bearer x", "Cookie: mercureAuthorization="+good)
	f(h, "?topic=a&authorization=x", 401, "invalid_credentials", "Cookie: mercureAuthorization="+good)
	streams := []*mercureStream{
		closed.follow("topic=b&topic=granted", "Authorization: bearer "+good),
		closed.follow("topic=b&topic=granted&authorization=" + good),
		closed.follow("topic=b&topic=granted", "Cookie: other=1; mercureAuthorization="+good),
		closed.follow("topic=b&topic=granted&authorization=x", "Authorization: Bearer "+good, "Cookie: mercureAuthorization=x"),
	}
	id := closed.update("topic=granted&private")
	for _, s := range streams {
		s.want("id: " + id + "\ndata: \n\n")
	}
	closed.follow("topic=a", mercureBearer(`{}`)) // known, without a grant
	if r := h.visit("HEAD", mercurePath+"?topic=a"); r.status() != 200 {
		t.Errorf("HEAD: %d", r.status())
	}
}

func TestMercure_PublishersAreChecked(t *testing.T) {
	h := newMercureHub(t)
	f := func(form string, status int, code string, headers ...string) {
		t.Helper()
		exchange(t, h.public, request("POST", mercurePath, form, append(headers, formEncoding)...)).want(t, status, code)
		exchange(t, h.internal, request("POST", mercurePath, form, append(headers, formEncoding)...)).want(t, status, code)
	}
	f("topic=a", 401, "missing_credentials")
	f("topic=a", 401, "missing_credentials", apiKeyHeader(publishKey))
	f("topic=a", 401, "invalid_credentials", "Authorization: Bearer x")
	f("topic=a", 403, "topic_not_allowed", mercureBearer(`{}`))
	f("topic=a", 403, "topic_not_allowed", mercureBearer(reader1))
	f("topic=a", 403, "topic_not_allowed", h.bearer("alice", func(c *auth.Claims) { c.Scopes = []auth.Scope{auth.ScopeAdmin, auth.ScopePublish} }))
	f("topic=a", 403, "topic_not_allowed", mercureBearer(`{"mercure":{"publish":[]}}`))
	f("topic=a&topic=b", 403, "topic_not_allowed", mercureBearer(`{"mercure":{"publish":["a"]}}`)) // each of them
	f("topic=a", 401, "invalid_credentials", mercureBearer(`{"mercure":{"publish":["a","\u0000"]}}`))
	f("topic=a&topic=https://e/1", 200, "", mercureBearer(`{"mercure":{"publish":["a","https://e/{id}"]}}`))
	f("topic=a&private=on", 200, "", mercureBearer(`{"https://mercure.rocks/":{"publish":["a"]}}`))
	ok := mercureBearer(publisher)
	f("data=x", 400, "invalid_topic", ok)
	f("topic=a&id=%23x", 400, "invalid_id", ok)
	f("topic=a&id=x%0Aevil:+y", 400, "invalid_id", ok)
	f("topic=a&type=x%00", 400, "invalid_type", ok)
	f("topic=a&type=x%0D", 400, "invalid_type", ok)
	f("topic=a&type=connected", 400, "invalid_type", ok)
	f("topic=a&retry=soon", 400, "invalid_retry", ok)
	f("topic=a&data=%ff", 400, "invalid_data", ok)
	f("topic=%zz", 400, "invalid_topic", ok)
	f("%zz", 400, "invalid_form", ok)
	f("topic=/.well-known/mercure/subscriptions/x", 400, "invalid_topic", ok)
	f("topic=a&data="+strings.Repeat("x", h.cfg.MaxData+1), 413, "data_too_large", ok)
	f("topic=a&data="+strings.Repeat("x", h.cfg.MaxData), 200, "", ok)
	f("topic=a", 400, "invalid_idempotency_key", ok, "Idempotency-Key: a b")
	h.ask("POST", mercurePath, `{"topic":"a"}`, ok, "Content-Type: application/json").want(t, 415, "unsupported_media_type")
	h.ask("POST", mercurePath, "topic=a", ok).want(t, 415, "unsupported_media_type")
	h.ask("POST", mercurePath, "topic=a", ok, formEncoding, "Content-Encoding: gzip").want(t, 415, "unsupported_encoding")
	h.ask("GET", mercurePath, "").want(t, 405, "method_not_allowed")
	h.engine.fail(engine.ErrUnavailable)
	f("topic=a", 503, "engine_unavailable", ok)
}

func TestMercure_PublishersMayHaveKeysOfTheirOwn(t *testing.T) {
	const secret = "the publishers' own secret, 32 bytes"
	key, err := auth.HMACKey([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	rules := auth.DefaultConfig()
	rules.Keys = []auth.Key{key}
	own, err := auth.NewVerifier(t.Context(), rules, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h := newMercureHub(t, func(o *options) { o.Publishers = own })
	both := `{"mercure":{"publish":["*"],"subscribe":["*"]}}`
	h.ask("POST", mercurePath, "topic=a", mercureBearer(both), formEncoding).want(t, 401, "invalid_credentials")
	h.ask("POST", mercurePath, "topic=a", "Authorization: Bearer "+mercureJWTBy(secret, both), formEncoding).want(t, 200, "")
	h.visit("GET", mercurePath+"?topic=a", "Authorization: Bearer "+mercureJWTBy(secret, both)).want(t, 401, "invalid_credentials")
	h.follow("topic=a", mercureBearer(both))
}

func TestMercure_BodiesAreAsLargeAsMessages(t *testing.T) {
	h := newMercureHub(t, func(o *options) { o.MaxBody = 64 << 10 })
	ok := mercureBearer(publisher)
	post := func(path string, n int) *response {
		return exchange(t, h.public, request("POST", path, "topic=a&x="+strings.Repeat("x", n), ok, formEncoding))
	}
	post(mercurePath+"?x=y", 60<<10).want(t, 200, "")
	post(mercurePath, 65<<10).want(t, 413, "body_too_large")
	post("/api/sse/ticket", 60<<10).want(t, 413, "body_too_large") // other routes as before
}

func TestMercure_RepeatsWithAKeyAreOneUpdate(t *testing.T) {
	h := newMercureHub(t)
	s := h.follow("topic=a")
	post := func() string {
		r := h.ask("POST", mercurePath, "topic=a", mercureBearer(publisher), formEncoding, "Idempotency-Key: k")
		r.want(t, 200, "")
		return r.body
	}
	first := post()
	if again := post(); again != first {
		t.Errorf("got %q and %q", first, again)
	}
	end := h.update("topic=a")
	s.want("id: " + first + "\ndata: \n\nid: " + end + "\ndata: \n\n")
}

func TestMercure_Cookies(t *testing.T) {
	h := newMercureHub(t)
	cookie := "Cookie: mercureAuthorization=" + mercureJWT(publisher)
	f := func(status int, code string, headers ...string) {
		t.Helper()
		exchange(t, h.public, request("POST", mercurePath, "topic=a", append(headers, cookie, formEncoding)...)).want(t, status, code)
	}
	f(200, "", "Origin: "+pageOrigin)
	f(200, "", "Origin: http://localhost") // its own host
	f(200, "", "Referer: "+pageOrigin+"/page?x#y")
	f(200, "", "Referer: http://localhost/")
	f(200, "", "Sec-Fetch-Site: same-origin")
	f(403, "cross_site_cookie")
	f(403, "cross_site_cookie", "Referer: https://evil.example/"+pageOrigin)
	f(403, "cross_site_cookie", "Referer: "+pageOrigin+".evil.example/")
	f(403, "cross_site_cookie", "Referer: /page")
	f(403, "cross_site_cookie", "Sec-Fetch-Site: cross-site")
	f(403, "origin_not_allowed", "Origin: https://evil.example")
	f(403, "origin_not_allowed", "Origin: https://evil.example", "Referer: "+pageOrigin+"/")
	h.visit("GET", mercurePath+"?topic=a", cookie, "Sec-Fetch-Site: cross-site").want(t, 403, "cross_site_cookie")
	// The internal listener has no cookies: whoever calls it says so.
	h.ask("POST", mercurePath, "topic=a", cookie, formEncoding, "Sec-Fetch-Site: same-origin").want(t, 401, "missing_credentials")
}

func TestMercure_CORS(t *testing.T) {
	h := newMercureHub(t)
	s := h.follow("topic=a", "Origin: "+pageOrigin)
	if got := s.resp.Header; got.Get("Access-Control-Allow-Origin") != pageOrigin || got.Get("Access-Control-Allow-Credentials") != "true" ||
		!strings.Contains(strings.Join(got.Values("Access-Control-Expose-Headers"), ","), "Last-Event-ID") || got.Get("Vary") != "Origin" {
		t.Errorf("headers: %v", got)
	}
	h.visit("GET", mercurePath+"?topic=a", "Origin: https://evil.example").want(t, 403, "origin_not_allowed")
	r := h.visit("OPTIONS", mercurePath, "Origin: "+pageOrigin, "Access-Control-Request-Method: POST")
	if got := r.Header; r.status() != 204 || got.Get("Access-Control-Allow-Methods") != "GET, HEAD, POST" || !strings.Contains(got.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight: %d %v", r.status(), got)
	}
	r = h.visit("GET", mercurePath, "Origin: "+pageOrigin)
	if r.want(t, 400, "missing_field"); r.Header.Get("Access-Control-Allow-Origin") != pageOrigin {
		t.Errorf("a page cannot read the error: %v", r.Header)
	}
}

func TestMercure_Replay(t *testing.T) {
	h := newMercureHub(t)
	one := h.update("topic=a&data=1")
	h.update("topic=a&id=urn:2&data=2")
	secret := h.update("topic=a&topic=granted&private&data=3")
	four := h.update("topic=b&data=4")
	const second = "id: urn:2\ndata: 2\n\n"
	third, fourth := "id: "+secret+"\ndata: 3\n\n", "id: "+four+"\ndata: 4\n\n"
	f := func(query, since, want string, headers ...string) {
		t.Helper()
		s := h.follow(query, headers...)
		if s.since() != since {
			t.Errorf("%s: since %q, want %q", query, s.since(), since)
		}
		live := h.update("topic=a&topic=b&topic=live")
		s.want(want)
		for {
			id, err := s.lines.ReadString('\n')
			if err != nil || id == "id: "+live+"\n" {
				break
			}
			if id != "data: \n" && id != "\n" && !strings.HasPrefix(id, "id: #") {
				t.Errorf("%s: got %q", query, id)
			}
		}
		s.close()
	}
	escaped := url.QueryEscape(one)
	f("topic=live", four, "")
	f("topic=a&topic=b", one, second+fourth, "Last-Event-ID: "+one)
	f("topic=a&topic=b&lastEventID="+escaped, one, second+fourth)
	f("topic=a&topic=b&Last-Event-ID="+escaped, one, second+fourth) // as the first drafts had it
	f("topic=a&topic=b&lastEventID=earliest", one, second+fourth, "Last-Event-ID: "+one)
	f("topic=a&topic=b", one, second+third+fourth, "Last-Event-ID: "+one, mercureBearer(reader1)) // each by its grant
	f("topic=*&lastEventID=urn:2", "urn:2", third+fourth, mercureBearer(reader1))
	f("topic=*&lastEventID=urn:2", "urn:2", fourth)
	f("topic=a&lastEventID=earliest", "earliest", "id: "+one+"\ndata: 1\n\n"+second)
	f("topic=b&lastEventID=urn:unknown", "earliest", fourth)
	f("topic=b&lastEventID=x%0D%0ASet-Cookie:+y", "earliest", fourth)
	f("topic=b&lastEventID="+strings.Repeat("x", 257), "earliest", fourth)
}

func TestMercure_StreamsEndWithTheirTokens(t *testing.T) {
	h := newMercureHub(t)
	short := h.follow("topic=a", mercureBearer(fmt.Sprintf(`{"exp":%d,"mercure":{}}`, time.Now().Unix()+2)))
	revoked := h.follow("topic=a", mercureBearer(`{"sub":"reader"}`))
	h.ask("POST", "/api/users/reader/revoke", "", apiKeyHeader(adminKey)).want(t, 202, "")
	for _, s := range []*mercureStream{short, revoked} {
		rest, err := io.ReadAll(s.lines)
		if err != nil || !regexp.MustCompile(`^retry: \d+\n$`).Match(rest) {
			t.Errorf("the stream ends with %q, %v", rest, err)
		}
	}
	h.deps.Revocations.Revoke("reader", time.Now().Add(time.Second))
	h.visit("GET", mercurePath+"?topic=a", mercureBearer(`{"sub":"reader"}`)).want(t, 401, "token_revoked")
}

func TestMercure_Limits(t *testing.T) {
	h := newMercureHub(t, func(o *options) { o.MaxConnections = 1 })
	h.follow("topic=a")
	r := h.visit("GET", mercurePath+"?topic=a")
	if r.status() != 200 || !strings.HasPrefix(r.body, "retry: ") {
		t.Errorf("a native client got %d %q", r.status(), r.body)
	}
	h.visit("GET", mercurePath+"?topic=a", "X-SSE-Client: test").want(t, 503, string(RefusedConnectionLimit))
	perUser := newMercureHub(t, func(o *options) { o.actors.MaxPerUser = 1 })
	perUser.follow("topic=a", mercureBearer(reader1))
	perUser.visit("GET", mercurePath+"?topic=a", mercureBearer(reader1), "X-SSE-Client: test").want(t, 429, string(actors.RefusedUserLimit))
	perUser.follow("topic=a") // somebody unknown is a user of his own
	perUser.follow("topic=a")
}

func TestMercure_TokensDoNotReachTheLog(t *testing.T) {
	h := newMercureHub(t)
	token := mercureJWT(publisher)
	h.update("topic=a")
	h.follow("topic=a&authorization=" + token)
	h.visit("GET", mercurePath+"?topic=a&authorization="+token+"x").want(t, 401, "invalid_credentials")
	if strings.Contains(h.logs.String(), token) {
		t.Error("a token is in the log")
	}
}
