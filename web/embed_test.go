package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// The page names its assets, and each is there, compressed too.
func TestDashboard_IsWhole(t *testing.T) {
	files := Dashboard()
	page := files[Index]
	if page == nil || page.Immutable || page.ContentType != "text/html; charset=utf-8" {
		t.Fatalf("got %+v", page)
	}
	named := regexp.MustCompile(`(?:src|href)="\./(assets/[^"]+)"`).FindAllSubmatch(page.Body, -1)
	if len(named) < 2 {
		t.Fatalf("the page names %d assets: %s", len(named), page.Body)
	}
	for _, m := range named {
		f := files[string(m[1])]
		if f == nil || !f.Immutable || f.Gzip == nil || f.ETag == f.GzipETag {
			t.Errorf("%s: got %+v", m[1], f)
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader(f.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(r); err != nil || !bytes.Equal(body, f.Body) {
			t.Errorf("%s.gz holds something else, %v", m[1], err)
		}
	}
	for name := range files {
		if strings.HasSuffix(name, ".gz") {
			t.Errorf("%s is served by itself", name)
		}
	}
}

// The policy of the page allows no inline script, so it would not run.
func TestDashboard_HasNoInlineScript(t *testing.T) {
	page := Dashboard()[Index].Body
	for _, tag := range regexp.MustCompile(`<script[^>]*>`).FindAll(page, -1) {
		if !bytes.Contains(tag, []byte(" src=")) {
			t.Errorf("inline: %s", tag)
		}
	}
	if m := regexp.MustCompile(`(?i)<style|\son[a-z]+=|javascript:`).Find(page); m != nil {
		t.Errorf("the page has %q", m)
	}
}

func TestLoad(t *testing.T) {
	files := load(fstest.MapFS{
		"index.html":         {Data: []byte("<p>")},
		"assets/a-1.css":     {Data: []byte("x")},
		"assets/a-1.css.gz":  {Data: []byte("z")},
		"assets/b.svg":       {Data: []byte("x")},
		"assets/deep/c.wasm": {Data: []byte("y")},
	})
	if len(files) != 4 {
		t.Errorf("got %v", files)
	}
	css, svg, other := files["assets/a-1.css"], files["assets/b.svg"], files["assets/deep/c.wasm"]
	if string(css.Gzip) != "z" || css.GzipETag == "" || css.ETag != svg.ETag || css.ETag == other.ETag {
		t.Errorf("got %+v, %+v, %+v", css, svg, other)
	}
	if svg.ContentType != "image/svg+xml" || other.ContentType != "application/octet-stream" || svg.Gzip != nil || svg.GzipETag != "" {
		t.Errorf("got %+v, %+v", svg, other)
	}
}
