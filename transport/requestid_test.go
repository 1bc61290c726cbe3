package transport

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

var madeID = regexp.MustCompile(`^[A-Z2-7]{26}$`)

func TestRequestID_IsAnswered(t *testing.T) {
	h := newTestHub(t)
	const sent = "!abc-123~"
	for name, ask := range map[string]func(headers ...string) *response{
		"a message": func(headers ...string) *response { return h.post(`{"to":"all","data":1}`, headers...) },
		"stats": func(headers ...string) *response {
			return h.ask("GET", "/api/stats", "", append(headers, apiKeyHeader(presenceKey))...)
		},
		"a ticket": func(headers ...string) *response {
			return h.visit("POST", "/api/sse/ticket", append(headers, h.bearer("alice"))...)
		},
		"a probe": func(headers ...string) *response { return h.visit("GET", "/readyz", headers...) },
	} {
		if r := ask(); r.status() >= 300 || len(r.Header.Values(headerRequestID)) != 0 {
			t.Errorf("%s without an id: %v", name, r.Response)
		}
		for _, id := range []string{sent, strings.Repeat("x", maxRequestID)} {
			if r := ask("x-request-id: " + id); r.status() >= 300 || r.Header.Get(headerRequestID) != id {
				t.Errorf("%s: %v", name, r.Response)
			}
		}
		for _, id := range []string{"with space", "tab\tin", "\"\u00e9\"", strings.Repeat("x", maxRequestID+1)} {
			if r := ask("X-Request-ID: " + id); r.status() >= 300 || !madeID.MatchString(r.Header.Get(headerRequestID)) {
				t.Errorf("%s with the id %q: %v", name, id, r.Response)
			}
		}
	}
}

func TestRequestID_OfErrorsIsAnsweredAndLogged(t *testing.T) {
	full := newTestHub(t, func(o *options) { o.MaxConnections = 1 })
	full.open("/api/sse", full.bearer("alice"))
	late := newTestHub(t, func(o *options) { o.actors.MaxPerUser = 1 }) // the tree refuses, behind the request's end
	late.open("/api/sse", late.bearer("alice"))
	down := newTestHub(t)
	down.engine.fail(errors.New("unforeseen"))
	for name, try := range map[string]struct {
		h   *testHub
		ask func(headers ...string) *response
	}{
		"no such path": {full, func(headers ...string) *response { return full.ask("GET", "/nothing", "", headers...) }},
		"no key":       {full, func(headers ...string) *response { return full.ask("GET", "/api/stats", "", headers...) }},
		"full": {full, func(headers ...string) *response {
			return full.visit("GET", "/api/sse", append(headers, full.bearer("bob"), "X-SSE-Client: test")...)
		}},
		"refused by the tree": {late, func(headers ...string) *response {
			return late.visit("GET", "/api/sse", append(headers, late.bearer("alice"), "X-SSE-Client: test")...)
		}},
		"not foreseen": {down, func(headers ...string) *response { return down.post(`{"to":"all","data":1}`, headers...) }},
		"not HTTP": {down, func(headers ...string) *response {
			return exchange(t, down.public, request("GET", "/livez", "", append(headers, "Content-Length: x")...))
		}},
	} {
		logged := func(id string) bool { return strings.Contains(try.h.logs.String(), `"request_id":"`+id+`"`) }
		r := try.ask()
		if id := r.Header.Get(headerRequestID); r.status() < 400 || !madeID.MatchString(id) || !logged(id) {
			t.Errorf("%s: %v, in the log: %v", name, r.Response, logged(id))
		}
		sent := "sent-" + strings.ReplaceAll(name, " ", "-")
		if r := try.ask("X-Request-ID: " + sent); name != "not HTTP" && (r.Header.Get(headerRequestID) != sent || !logged(sent)) {
			t.Errorf("%s: %v, in the log: %v", name, r.Response, logged(sent))
		}
	}
}

func TestRequestID_OfAStreamIsLoggedOnce(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice"), "X-Request-ID: of-a-stream")
	if got := r.resp.Header.Get(headerRequestID); got != "" {
		t.Errorf("a stream answers the id %q", got)
	}
	h.open("/api/sse", h.bearer("bob"))
	r.close()
	await(t, "the end is logged", func() bool { return strings.Contains(h.logs.String(), `"msg":"stream closed"`) })
	for line := range strings.Lines(h.logs.String()) {
		if want := strings.Contains(line, `"msg":"stream opened"`) && strings.Contains(line, "of-a-stream"); strings.Contains(line, "request_id") != want {
			t.Error(line)
		}
	}
}

// TestRequestID_CostsNothingWithoutOne is about the path of every message.
func TestRequestID_CostsNothingWithoutOne(t *testing.T) {
	var rc fasthttp.RequestCtx
	rc.Init(&fasthttp.Request{}, nil, nil)
	rc.Request.Header.Set(apiKey, publishKey)
	c := call{rc: &rc}
	if n := testing.AllocsPerRun(100, c.echoID); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := rc.Response.Header.Peek(headerRequestID); len(got) != 0 {
		t.Errorf("there is an id: %s", got)
	}
	if http.CanonicalHeaderKey("x-request-id") != headerRequestID {
		t.Error("the header's name is not canonical")
	}
}
