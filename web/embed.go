// Package web holds the files of the dashboard page, which Vite builds into
// dashboard/dist. The built files are committed, so that the hub builds without
// Node; "make web-check" tells whether they are those of the source.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed all:dashboard/dist
var dist embed.FS

// File is one file of the page, ready to be served.
type File struct {
	ContentType string
	Body        []byte
	ETag        string // strong, of Body
	Gzip        []byte // Body compressed, nil if that is not worth it
	GzipETag    string // of Gzip: another representation needs another one (RFC 9110 section 8.8.3)
	Immutable   bool   // its name holds a hash of its content
}

// Index is the name of the page itself.
const Index = "index.html"

// assets is where Vite puts the files whose names hold a hash.
const assets = "assets/"

// Dashboard returns the files of the page by their slash-separated names. Names
// are looked up and never opened, so there is nothing outside to be reached and
// nothing to be listed. The map and the files are shared: do not change them.
var Dashboard = sync.OnceValue(func() map[string]*File {
	sub, err := fs.Sub(dist, "dashboard/dist")
	if err != nil {
		panic(err) // the name above is no path
	}
	return load(sub)
})

// load reads all files. Those that end in .gz belong to the ones without it. It
// panics on errors, which embedded files do not have.
func load(files fs.FS) map[string]*File {
	all := make(map[string]*File)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".gz") {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		f := &File{ContentType: contentType(name), Body: body, ETag: etag(body), Immutable: strings.HasPrefix(name, assets)}
		if packed, err := fs.ReadFile(files, name+".gz"); err == nil {
			f.Gzip, f.GzipETag = packed, etag(packed)
		}
		all[name] = f
		return nil
	})
	if err != nil {
		panic(err)
	}
	return all
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// contentType knows what Vite writes, and does not ask the machine, whose answer
// differs from one to the next.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}
