package transport

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"example.org/hub/actors"
)

func TestRoutes_UnknownPathsAndMethods(t *testing.T) {
	h := newTestHub(t)
	for _, target := range []string{
		"/", "/api", "/api/", "/api/sse/", "//api/sse", "/api//sse", "/api/./sse", "/api/x/../sse", "/API/sse", "/api/%73se",
		"/api%2fsse", "/api/sse;x", "/api/sse%00", "/metrics", "/debug/pprof/", "/api/messages", "/api/stats", "/index.html", "*",
	} {
		method := "GET"
		if target == "*" {
			method = "OPTIONS"
		}
		h.visit(method, target, h.bearer("alice")).want(t, 404, "not_found")
	}
	for _, target := range []string{"/api/sse", "/api/sse/ticket", "/dashboard/", "/api/users/", "/api/users//revoke", "/api/users/a/b/revoke", "/api/connections/", "/debug/pprof", "/debug/pprof/a/b"} {
		h.ask("GET", target, "", apiKeyHeader(adminKey)).want(t, 404, "not_found")
	}
	f := func(r *response, allow string) {
		t.Helper()
		r.want(t, 405, "method_not_allowed")
		if got := r.Header.Get("Allow"); got != allow {
			t.Errorf("Allow: got %q, want %q", got, allow)
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "POST"} {
		f(h.visit(method, "/api/sse", h.bearer("alice")), "GET, HEAD, OPTIONS")
	}
	f(h.visit("GET", "/api/sse/ticket"), "POST, OPTIONS")
	f(h.ask("GET", "/api/messages", ""), "POST, OPTIONS")
	f(h.ask("POST", "/api/users/a", ""), "GET, HEAD, OPTIONS")
	// Nobody gets around that by a header.
	f(h.visit("GET", "/api/sse/ticket", "X-HTTP-Method-Override: POST", "X-HTTP-Method: POST", h.bearer("alice")), "POST, OPTIONS")
	if r := h.ask("OPTIONS", "/api/users/a/connections", ""); r.status() != 204 || r.Header.Get("Allow") != "DELETE, OPTIONS" {
		t.Errorf("got %v", r.Response)
	}
}

// The id of a user is one decoded segment, whatever it looks like.
func TestRoutes_NamesInPaths(t *testing.T) {
	h := newTestHub(t)
	for _, name := range []string{
		"alice", "a/b", "../../etc/passwd", "..", ".", "*", ">", "a b", "a+b", "é", "😀", "__proto__", "{x}", "a:b", "$SYS.x", "_INBOX.y",
		"a%2fb", "connections", "a?b#c", `a"b\c`, strings.Repeat("x", 256),
	} {
		segment := strings.ReplaceAll(url.PathEscape(name), ".", "%2E")
		r := h.ask("GET", "/api/users/"+segment, "", apiKeyHeader(presenceKey))
		r.want(t, 200, "")
		var user actors.UserInfo
		if err := json.Unmarshal([]byte(r.body), &user); err != nil || user.ID != name || user.Connections == nil {
			t.Errorf("%q: got %s (%v)", name, r.body, err)
		}
	}
	for _, segment := range []string{"%", "%2", "%zz", "%00", "a%0ab", "%ff", "%c3", "%7f", strings.Repeat("x", 257), "a%0d%0aX:y"} {
		h.ask("GET", "/api/users/"+segment, "", apiKeyHeader(presenceKey)).want(t, 400, "invalid_path")
	}
	for _, segment := range []string{"a/b", "a/../b", "a//connections"} {
		h.ask("GET", "/api/users/"+segment, "", apiKeyHeader(presenceKey)).want(t, 404, "not_found")
	}
	raw := h.open("/api/sse", h.bearer("a/b"))
	if out := h.ask("DELETE", "/api/users/a%2Fb/connections", "", apiKeyHeader(adminKey)).outcome(t); out.Connections != 1 {
		t.Errorf("got %+v", out)
	}
	raw.rest()
}

func TestRoutes_ScopesAreEnforced(t *testing.T) {
	h := newTestHub(t)
	keys := map[string]string{"publish": publishKey, "presence": presenceKey, "admin": adminKey}
	for _, r := range routes {
		if r.scope == "" {
			continue
		}
		target := strings.ReplaceAll(r.path, "{id}", "x")
		for name, key := range keys {
			got := h.ask(r.method, target, "", apiKeyHeader(key)).StatusCode
			allowed := name == string(r.scope) || name == "admin"
			if (got == 403) == allowed {
				t.Errorf("%s %s with the key of %s: %d", r.method, r.path, name, got)
			}
		}
		h.ask(r.method, target, "").want(t, 401, "missing_credentials")
		h.ask(r.method, target, "", apiKeyHeader(publishKey[1:])).want(t, 401, "invalid_credentials")
	}
}

// A raw path has no other spelling: it is found as it is written, or not at all,
// and its parameter is one whole segment.
func FuzzRouter_Find(f *testing.F) {
	for _, seed := range []string{
		"/api/sse", "/api//sse", "/api/./sse", "/api/users/a", "/api/users/a%2fb/connections", "/api/users//revoke", "/api/users/../stats",
		"/api/%73se", "/dashboard/assets/../../x", "/debug/pprof/heap", "*", "",
	} {
		f.Add([]byte(seed))
	}
	routers := []*router{newRouter(public, routes, mercureRoutes), newRouter(internal, routes, mercureRoutes)}
	f.Fuzz(func(t *testing.T, path []byte) {
		for _, rt := range routers {
			found, param := rt.find(path)
			for _, r := range found {
				if param == nil && r.path != string(path) {
					t.Fatalf("%q is taken for %s", path, r.path)
				}
				if param == nil {
					continue
				}
				before, after, ok := strings.Cut(r.path, "{")
				_, after, _ = strings.Cut(after, "}")
				if !ok || string(path) != before+string(param)+after || len(param) == 0 || strings.Contains(string(param), "/") {
					t.Fatalf("%q is taken for %s with %q", path, r.path, param)
				}
			}
		}
	})
}

func FuzzParameter(f *testing.F) {
	for _, seed := range []string{"a%2fb", "%", "%zz", "..", "%e2%82%ac", "%00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		name, err := parameter(raw)
		want, stdErr := url.PathUnescape(string(raw))
		if err == nil && (stdErr != nil || name != want) {
			t.Fatalf("%q: got %q, the standard library %q, %v", raw, name, want, stdErr)
		}
	})
}

// Errors of every kind are JSON, and nothing that a client sent breaks it.
func TestErrors_AreJSON(t *testing.T) {
	h := newTestHub(t)
	for _, text := range []string{
		request("GET", "/x", ""), request("GET", "/api/users/%22%0a", "", apiKeyHeader(presenceKey)), "x\r\n\r\n",
		request("GET", "/api/users?limit=%22%00", "", apiKeyHeader(presenceKey)),
		request("GET", "/api/users?after=%ff", "", apiKeyHeader(presenceKey)),
	} {
		r := exchange(t, h.internal, text)
		if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Content-Type-Options") != "nosniff" ||
			r.Header.Get("Server") != "" || !json.Valid([]byte(r.body)) {
			t.Errorf("%q: %v %s", text, r.Header, r.body)
		}
		r.problem(t)
	}
}

func TestAppendJSONString(t *testing.T) {
	for _, s := range []string{"", `a"b\c`, "\x00\n\r\t\x1f\x7f", "é😀\u2028", "\xff\xc3"} {
		var got string
		if err := json.Unmarshal(appendJSONString(nil, s), &got); err != nil || got != string([]rune(s)) {
			t.Errorf("%q became %q, %v", s, got, err)
		}
	}
}
