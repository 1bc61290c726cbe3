package transport

import (
	"errors"
	"testing"
)

const appOrigin = "https://app.example.com"

func TestCORS_Origins(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.AllowedOrigins = []string{appOrigin, "http://other.example:8443"} })
	f := func(origin string, allowed bool) {
		t.Helper()
		r := h.visit("POST", "/api/sse/ticket", h.bearer("alice"), "Origin: "+origin)
		got := r.Header.Get("Access-Control-Allow-Origin")
		switch {
		case r.Header.Get("Vary") != "Origin":
			t.Errorf("%s: Vary %q", origin, r.Header.Get("Vary"))
		case allowed && (r.status() != 200 || got != origin || r.Header.Get("Access-Control-Allow-Credentials") != "true" ||
			r.Header.Get("Access-Control-Expose-Headers") != "Retry-After, X-Request-ID"):
			t.Errorf("%s: %v", origin, r.Response)
		case !allowed && (r.status() != 403 || got != "" || r.Header.Get("Access-Control-Allow-Credentials") != ""):
			t.Errorf("%s: %v", origin, r.Response)
		}
	}
	f(appOrigin, true)
	f("http://other.example:8443", true)
	for _, origin := range []string{
		"null", "*", "https://evil.example.com", "https://evil-app.example.com", "https://app.example.com.evil.io",
		"https://app.example.com:443", "http://app.example.com", "https://APP.example.com", "https://app.example.com/",
		"https://xapp.example.com", "https://example.com", "other.example:8443", "http://other.example", "http://localhost:3000",
		"https://app.example.com, https://evil.io", "file://", "x",
	} {
		f(origin, false)
	}
	same := h.visit("POST", "/api/sse/ticket", h.bearer("alice"), "Origin: http://localhost")
	if same.status() != 200 || same.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("same origin: %v", same.Response)
	}
}

func TestCORS_StreamAndErrors(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.AllowedOrigins = []string{appOrigin} })
	r := h.open("/api/sse", h.bearer("alice"), "Origin: "+appOrigin)
	if r.resp.Header.Get("Access-Control-Allow-Origin") != appOrigin || r.resp.Header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("got %v", r.resp.Header)
	}
	// A page must be able to read why it was refused.
	bad := h.visit("GET", "/api/sse", "Origin: "+appOrigin)
	bad.want(t, 401, "missing_credentials")
	if bad.Header.Get("Access-Control-Allow-Origin") != appOrigin {
		t.Errorf("got %v", bad.Header)
	}
	h.visit("GET", "/api/sse", h.bearer("alice"), "Origin: null").want(t, 403, "origin_not_allowed")
}

func TestCORS_Preflight(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.AllowedOrigins = []string{appOrigin} })
	ask := func(target, origin string) *response {
		return h.visit("OPTIONS", target, "Origin: "+origin, "Access-Control-Request-Method: GET",
			"Access-Control-Request-Headers: authorization,last-event-id")
	}
	r := ask("/api/sse", appOrigin)
	r.want(t, 204, "")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":      appOrigin,
		"Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Methods":     "GET, HEAD",
		"Access-Control-Allow-Headers":     "Authorization, Last-Event-ID, Cache-Control, X-SSE-Client, X-Request-ID",
		"Access-Control-Max-Age":           "7200",
		"Vary":                             "Origin",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := ask("/api/sse/ticket", appOrigin).Header.Get("Access-Control-Allow-Methods"); got != "POST" {
		t.Errorf("methods of the ticket: %q", got)
	}
	denied := ask("/api/sse", "https://evil.example")
	denied.want(t, 403, "origin_not_allowed")
	if denied.Header.Get("Access-Control-Allow-Methods") != "" {
		t.Errorf("got %v", denied.Header)
	}
	plain := h.visit("OPTIONS", "/api/sse")
	if plain.status() != 204 || plain.Header.Get("Allow") != "GET, HEAD, OPTIONS" || plain.Header.Get("Access-Control-Allow-Methods") != "" {
		t.Errorf("got %v", plain.Response)
	}
}

func TestOriginRule_Localhost(t *testing.T) {
	rule := newOriginRule(nil, true)
	f := func(origin string, want bool) {
		t.Helper()
		if got := rule.allows([]byte(origin)); got != want {
			t.Errorf("%q: %v", origin, got)
		}
	}
	f("http://localhost", true)
	f("http://localhost:5173", true)
	f("https://127.0.0.1:8443", true)
	f("http://[::1]:3000", true)
	f("http://localhost.evil.io", false)
	f("http://localhost:", false)
	f("http://localhost:80x", false)
	f("http://localhost:80@evil.io", false)
	f("http://evil.io/localhost", false)
	f("ftp://localhost", false)
	f("null", false)
	strict := newOriginRule(nil, false)
	if strict.allows([]byte("http://localhost")) {
		t.Error("localhost is allowed without the flag")
	}
}

func TestConfig_Validate(t *testing.T) {
	f := func(ok bool, change func(*Config)) {
		t.Helper()
		cfg := DefaultConfig()
		change(&cfg)
		if err := cfg.Validate(); (err == nil) != ok || (err != nil && !errors.Is(err, ErrConfig)) {
			t.Errorf("got %v, want ok %v", err, ok)
		}
	}
	f(true, func(*Config) {})
	f(true, func(c *Config) { c.AllowedOrigins = []string{"https://a.example", "http://b:1", "http://[::1]:3000"} })
	for _, origin := range []string{"*", "null", "", "a.example", "https://a.example/", "https://A.example", "https://*.example", "https://a b", "ws://a", "https://é"} {
		f(false, func(c *Config) { c.AllowedOrigins = []string{origin} })
	}
	f(false, func(c *Config) { c.MaxBody = 0 })
	f(false, func(c *Config) { c.MaxHeader = 100 })
	f(false, func(c *Config) { c.RetryMax = c.RetryMin - 1 })
	f(false, func(c *Config) { c.ConnectRate = -1 })
	f(false, func(c *Config) { c.MaxConnections = -1 })
	if _, err := New(Config{}, Deps{}); !errors.Is(err, ErrConfig) {
		t.Errorf("New: %v", err)
	}
	if _, err := New(DefaultConfig(), Deps{}); !errors.Is(err, ErrDeps) {
		t.Errorf("New: %v", err)
	}
}
