package transport

import (
	"strconv"
	"strings"
	"testing"

	"example.org/hub/web"
)

// assetName returns the name of a built file below assets/.
func assetName(t *testing.T, suffix string) string {
	t.Helper()
	for name := range web.Dashboard() {
		if base, ok := strings.CutPrefix(name, "assets/"); ok && strings.HasSuffix(base, suffix) {
			return base
		}
	}
	t.Fatalf("no asset %s", suffix)
	return ""
}

func TestDashboardPage_Headers(t *testing.T) {
	h := newTestHub(t)
	f := func(target, contentType, cache string) {
		t.Helper()
		r := h.visit("GET", target)
		if r.status() != 200 || r.body == "" || r.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d, %d bytes", target, r.status(), len(r.body))
		}
		policy := r.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "connect-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %s", target, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", target, policy)
		}
		for name, want := range map[string]string{
			"Content-Type": contentType, "Cache-Control": cache, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Vary": "Origin, Accept-Encoding", "Content-Length": strconv.Itoa(len(r.body)),
		} {
			// The page itself is too small to be compressed.
			if got := r.Header.Get(name); got != want && (strings.HasPrefix(target, "/dashboard/assets/") || name != "Vary") {
				t.Errorf("%s: %s: got %q, want %q", target, name, got, want)
			}
		}
		head := h.visit("HEAD", target)
		if head.status() != 200 || head.body != "" || head.Header.Get("Content-Length") != strconv.Itoa(len(r.body)) || head.Header.Get("ETag") != r.Header.Get("ETag") {
			t.Errorf("HEAD %s: %d %v", target, head.status(), head.Header)
		}
	}
	f("/dashboard/", "text/html; charset=utf-8", "no-cache")
	f("/dashboard/?a=b", "text/html; charset=utf-8", "no-cache")
	f("/dashboard/assets/"+assetName(t, ".js"), "text/javascript; charset=utf-8", cacheImmutable)
	f("/dashboard/assets/"+assetName(t, ".css"), "text/css; charset=utf-8", cacheImmutable)
	if r := h.visit("GET", "/dashboard"); r.status() != 308 || !strings.HasSuffix(r.Header.Get("Location"), "dashboard/") {
		t.Errorf("got %d %v", r.status(), r.Header)
	}
}

func TestDashboardPage_ETagsAndCompression(t *testing.T) {
	h := newTestHub(t)
	target := "/dashboard/assets/" + assetName(t, ".js")
	plain := h.visit("GET", target)
	packed := h.visit("GET", target, "Accept-Encoding: br, gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || len(packed.body) >= len(plain.body)/2 {
		t.Fatalf("got %v", packed.Header)
	}
	etag, packedTag := plain.Header.Get("ETag"), packed.Header.Get("ETag")
	if etag == "" || etag == packedTag {
		t.Errorf("ETags %q, %q", etag, packedTag)
	}
	for _, match := range []string{etag, packedTag, "W/" + etag, `"x", ` + packedTag, "*"} {
		r := h.visit("GET", target, "Accept-Encoding: gzip", "If-None-Match: "+match)
		if r.status() != 304 || r.body != "" || r.Header.Get("Content-Encoding") != "" || r.Header.Get("Cache-Control") != cacheImmutable {
			t.Errorf("If-None-Match: %s: %d %v", match, r.status(), r.Header)
		}
	}
	for _, match := range []string{`"x"`, strings.Trim(etag, `"`), ""} {
		if r := h.visit("GET", target, "If-None-Match: "+match); r.status() != 200 {
			t.Errorf("If-None-Match: %s: %d", match, r.status())
		}
	}
}

func TestDashboardPage_OnlyItsFiles(t *testing.T) {
	h := newTestHub(t)
	js := assetName(t, ".js")
	for _, target := range []string{
		"/dashboard/assets/", "/dashboard/assets", "/dashboard/index.html", "/dashboard/assets/index.html", "/dashboard/assets/" + js + ".gz",
		"/dashboard/assets/../index.html", "/dashboard/assets/..%2findex.html", "/dashboard/assets/..%2f..%2f..%2fembed.go", "/dashboard/assets/%2e%2e",
		"/dashboard/assets/.", "/dashboard//", "/dashboard/./", "/dashboard/assets//" + js, "/dashboard/assets/" + js + "/", "/dashboard/x",
		"/dashboard/%61ssets/" + js, "/dashboard/assets/" + strings.ToUpper(js), "/Dashboard/", "/dashboard/assets\\" + js,
	} {
		h.visit("GET", target).want(t, 404, "not_found")
	}
	h.ask("GET", "/dashboard/", "").want(t, 404, "not_found")
	h.ask("GET", "/dashboard/assets/"+js, "").want(t, 404, "not_found")
	h.visit("POST", "/dashboard/").want(t, 405, "method_not_allowed")
	h.visit("GET", "/dashboard/", "Origin: https://evil.example").want(t, 403, "origin_not_allowed")
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "x-gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.000": false,
		"*": true, "*;q=0": false, "*, gzip;q=0": false, "gzip, *;q=0": true, "identity": false, "br": false, "gzipped": false,
	} {
		if got := acceptsGzip([]byte(header)); got != want {
			t.Errorf("%q: got %v", header, got)
		}
	}
}
