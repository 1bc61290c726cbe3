package transport

import (
	"bytes"
	"strings"

	"github.com/valyala/fasthttp"

	"example.org/hub/web"
)

// pagePolicy lets the page run its own script and talk to its own hub, and
// nothing else: no inline script, no frame around it (CSP level 3).
const pagePolicy = "default-src 'self'; connect-src 'self'; img-src 'self' data:; object-src 'none'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const (
	cacheChecked   = "no-cache" // kept, and asked about each time
	cacheImmutable = "public, max-age=31536000, immutable"
)

// dashboardPage serves GET /dashboard/. It is open: the page has no figures in
// it, and the stream that it opens asks for a token.
func (s *Server) dashboardPage(c *call) error { return s.servePage(c, web.Index) }

// dashboardAsset serves GET /dashboard/assets/{file}.
func (s *Server) dashboardAsset(c *call) error { return s.servePage(c, "assets/"+c.id) }

// dashboardSlash sends those who left out the slash to the page, whose assets
// are relative to it.
func (s *Server) dashboardSlash(c *call) error {
	c.rc.SetContentType("text/plain; charset=utf-8")
	c.rc.Response.Header.Set(fasthttp.HeaderLocation, "dashboard/")
	c.rc.SetStatusCode(fasthttp.StatusPermanentRedirect)
	c.rc.Response.AppendBodyString("see dashboard/\n")
	return nil
}

// servePage answers one file. fasthttp leaves the body out for HEAD, and keeps
// its length.
func (s *Server) servePage(c *call, name string) error {
	f := web.Dashboard()[name]
	if f == nil {
		return errNotFound
	}
	h := &c.rc.Response.Header
	body, etag := f.Body, f.ETag
	if f.Gzip != nil {
		h.Set(fasthttp.HeaderVary, fasthttp.HeaderOrigin+", "+fasthttp.HeaderAcceptEncoding)
		if acceptsGzip(c.rc.Request.Header.Peek(fasthttp.HeaderAcceptEncoding)) {
			body, etag = f.Gzip, f.GzipETag
			h.Set(fasthttp.HeaderContentEncoding, "gzip")
		}
	}
	cache := cacheChecked
	if f.Immutable {
		cache = cacheImmutable
	}
	h.Set(fasthttp.HeaderCacheControl, cache)
	h.Set(fasthttp.HeaderETag, etag)
	h.Set(fasthttp.HeaderContentSecurityPolicy, pagePolicy)
	h.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
	h.Set(fasthttp.HeaderReferrerPolicy, streamReferrer)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if matchesETag(c.rc.Request.Header.Peek(fasthttp.HeaderIfNoneMatch), f) {
		h.Del(fasthttp.HeaderContentEncoding)
		c.rc.SetStatusCode(fasthttp.StatusNotModified)
		return nil
	}
	c.rc.SetContentType(f.ContentType)
	c.rc.Response.SetBodyRaw(body)
	return nil
}

// acceptsGzip reads Accept-Encoding (RFC 9110 section 12.5.3). Only what names
// gzip, or an asterisk, without a weight of zero is taken for a yes.
func acceptsGzip(header []byte) bool {
	named, star := -1, -1
	for coding := range strings.SplitSeq(string(header), ",") {
		name, params, _ := strings.Cut(coding, ";")
		yes := 1
		if weight, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q="); ok && strings.Trim(weight, "0.") == "" {
			yes = 0
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			named = yes
		case "*":
			star = yes
		}
	}
	if named < 0 {
		named = star
	}
	return named == 1
}

// matchesETag compares weakly (RFC 9110 section 13.1.2), with both forms of the
// file: either one that the client has is still good.
func matchesETag(header []byte, f *web.File) bool {
	if len(header) == 0 {
		return false
	}
	for tag := range bytes.SplitSeq(header, []byte(",")) {
		tag = bytes.TrimPrefix(bytes.TrimSpace(tag), []byte("W/"))
		if string(tag) == "*" || string(tag) == f.ETag || (f.GzipETag != "" && string(tag) == f.GzipETag) {
			return true
		}
	}
	return false
}
