package transport

import (
	"regexp"
	"strings"
	"testing"
)

func TestMetrics_EveryLabelExistsFromTheStart(t *testing.T) {
	h := newTestHub(t)
	text := h.ask("GET", "/metrics", "").body
	for _, line := range []string{
		`hub_publish_requests_total{target="user",code="202"} 0`,
		`hub_publish_requests_total{target="broadcast",code="503"} 0`,
		`hub_connect_rejected_total{reason="connection_limit"} 0`,
		`hub_connect_rejected_total{reason="draining"} 0`,
		`hub_auth_failures_total{reason="expired"} 0`,
		`hub_auth_failures_total{reason="scope"} 0`,
		`hub_ratelimit_hits_total{scope="address"} 0`,
		`hub_publish_duration_seconds_bucket{stage="engine",le="+Inf"} 0`,
		`hub_publish_duration_seconds_count{stage="total"} 0`,
		`hub_drain_state 0`,
		`# TYPE hub_publish_requests_total counter`,
		`# TYPE hub_publish_duration_seconds histogram`,
		`# TYPE hub_drain_state gauge`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	for _, name := range []string{"process_resident_memory_bytes", "process_max_fds", "go_goroutines", "hub_connections"} {
		if !strings.Contains(text, "\n"+name+" ") && !strings.Contains(text, "\n"+name+"{") {
			t.Errorf("no metric %s", name)
		}
	}
}

// Prometheus refuses a scrape in which a series is there twice.
func TestMetrics_Format(t *testing.T) {
	h := newTestHub(t)
	h.open("/api/sse", h.bearer("alice"))
	h.post(`{"to":"all","data":1}`)
	r := h.ask("GET", "/metrics", "")
	if got := r.Header.Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	line := regexp.MustCompile(`^[a-z_:][a-z0-9_:]*(\{[a-z_]+="[^"]*"(, ?[a-zA-Z_]+="[^"]*")*\})? [0-9.eE+-]+(Inf|NaN)?$`)
	types := regexp.MustCompile(`^# (TYPE [a-z0-9_:]+ (counter|gauge|histogram|summary|untyped)|HELP .*)$`)
	seen := make(map[string]bool)
	for text := range strings.Lines(r.body) {
		text = strings.TrimSuffix(text, "\n")
		if strings.HasPrefix(text, "#") {
			if !types.MatchString(text) {
				t.Errorf("bad line %q", text)
			}
			if seen[text] {
				t.Errorf("twice: %q", text)
			}
			seen[text] = true
			continue
		}
		if !line.MatchString(text) {
			t.Errorf("bad line %q", text)
		}
		series := text[:strings.LastIndexByte(text, ' ')]
		if seen[series] {
			t.Errorf("twice: %s", series)
		}
		seen[series] = true
		for _, name := range []string{"alice", "user_id", "topic="} {
			if strings.Contains(series, name) {
				t.Errorf("a user's name in %s", series)
			}
		}
	}
}

func TestMetrics_Count(t *testing.T) {
	h := newTestHub(t)
	h.post(`{"to":"user/a","data":1}`)
	h.post(`{"to":["user/a","user/b"],"data":1}`)
	h.post(`{"to":"topic/a","data":1}`)
	h.post(`{"to":"connection/a","data":1}`)
	h.post(`{"to":"a","data":1}`)
	h.batch(202, `{"to":"user/a","data":1}`+"\n"+`{"to":"all","data":1}`+"\n1")
	h.visit("GET", "/api/sse")
	h.visit("GET", "/api/sse?topics=secret", h.bearer("alice"))
	h.visit("GET", "/api/sse?topics=*", h.bearer("alice"))
	h.ask("GET", "/api/stats", "", apiKeyHeader(publishKey))
	for name, want := range map[string]string{
		`hub_publish_requests_total{target="user",code="202"}`:       "2",
		`hub_publish_requests_total{target="several",code="202"}`:    "1",
		`hub_publish_requests_total{target="topic",code="202"}`:      "1",
		`hub_publish_requests_total{target="connection",code="202"}`: "1",
		`hub_publish_requests_total{target="broadcast",code="202"}`:  "1",
		`hub_publish_requests_total{target="none",code="400"}`:       "2",
		`hub_publish_duration_seconds_count{stage="engine"}`:         "6",
		`hub_publish_duration_seconds_count{stage="total"}`:          "5",
		`hub_connect_rejected_total{reason="unauthorised"}`:          "1",
		`hub_connect_rejected_total{reason="forbidden"}`:             "1",
		`hub_connect_rejected_total{reason="bad_request"}`:           "1",
		`hub_auth_failures_total{reason="missing"}`:                  "1",
		`hub_auth_failures_total{reason="topic"}`:                    "1",
		`hub_auth_failures_total{reason="scope"}`:                    "1",
		`hub_http_errors_total{code="400"}`:                          "2",
	} {
		if got := h.counter(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestPprof(t *testing.T) {
	h := newTestHub(t)
	for _, target := range []string{"/debug/pprof/", "/debug/pprof/goroutine?debug=1", "/debug/pprof/heap", "/debug/pprof/cmdline"} {
		h.ask("GET", target, "").want(t, 200, "")
	}
	h.ask("GET", "/debug/pprof/%2e%2e%2fx", "").want(t, 404, "not_found")
	h.visit("GET", "/debug/pprof/").want(t, 404, "not_found")

	h.internalLoopback.Store(false)
	h.ask("GET", "/debug/pprof/", "").want(t, 401, "missing_credentials")
	h.ask("GET", "/debug/pprof/", "", apiKeyHeader(presenceKey)).want(t, 403, "missing_scope")
	h.ask("GET", "/debug/pprof/", "", apiKeyHeader(adminKey)).want(t, 200, "")

	off := newTestHub(t, func(o *options) { o.Pprof = false })
	off.ask("GET", "/debug/pprof/", "").want(t, 404, "not_found")
}
