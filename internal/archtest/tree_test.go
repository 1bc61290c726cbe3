package archtest

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// maxLines is the length of a source file at which it holds two concepts.
const maxLines = 500

// eachText calls f with every text file that belongs to the tree.
func eachText(t *testing.T, f func(name string, text []byte)) {
	t.Helper()
	skipped := []string{".git", "bin", "bench-out", "node_modules", "dist"}
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains(skipped, d.Name()) {
			return fs.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err == nil && !bytes.ContainsRune(text[:min(len(text), 8000)], 0) {
			f(name, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTree_SourceFilesAreShort(t *testing.T) {
	source := []string{".go", ".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".sh"}
	eachText(t, func(name string, text []byte) {
		if n := bytes.Count(text, []byte("\n")); n > maxLines && slices.Contains(source, path.Ext(name)) {
			t.Errorf("%s has %d lines, more than %d", name, n, maxLines)
		}
	})
}

// TestTree_NamesNoRegistry keeps the hosts that packages are fetched from out of
// the tree: whoever builds has registries of their own, and their names belong
// into their settings, not into lock files, scripts or images.
func TestTree_NamesNoRegistry(t *testing.T) {
	var hosts []string
	for _, parts := range [][]string{ // in parts, so that this file names none
		{"registry", "npmjs", "org"},
		{"registry", "yarnpkg", "com"},
		{"proxy", "golang", "org"},
		{"sum", "golang", "org"},
		{"files", "pythonhosted", "org"},
		{"index", "crates", "io"},
	} {
		hosts = append(hosts, strings.Join(parts, "."))
	}
	eachText(t, func(name string, text []byte) {
		for _, host := range hosts {
			if bytes.Contains(text, []byte(host)) {
				t.Errorf("%s names %s", name, host)
			}
		}
	})
}
