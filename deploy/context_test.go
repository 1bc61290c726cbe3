package deploy

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// TestImage_BuildGetsWhatItNeeds holds every file that the hub is made of against
// what the image's build leaves out.
func TestImage_BuildGetsWhatItNeeds(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,GoFiles,EmbedFiles", "./cmd/hub")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"go.mod", "go.sum"}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			Dir                 string
			GoFiles, EmbedFiles []string
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		dir, err := filepath.Rel(root, pkg.Dir)
		if err != nil || strings.HasPrefix(dir, "..") {
			continue // of another module
		}
		for _, file := range append(pkg.GoFiles, pkg.EmbedFiles...) {
			files = append(files, filepath.ToSlash(filepath.Join(dir, file)))
		}
	}
	if len(files) < 100 {
		t.Fatalf("the hub is made of %d files only", len(files))
	}
	for _, file := range files {
		for line := range strings.Lines(readFile(t, "Dockerfile.dockerignore")) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' && ignores(t, line, file) {
				t.Errorf("the build needs %s, and %q leaves it out", file, line)
			}
		}
	}
}

// ignores reports whether a line leaves a file, or a directory above it, out.
func ignores(t *testing.T, line, file string) bool {
	t.Helper()
	name, anywhere := strings.CutPrefix(line, "**/")
	parts := strings.Split(file, "/")
	for i := range parts {
		candidate := strings.Join(parts[:i+1], "/")
		if anywhere {
			candidate = parts[i]
		}
		matched, err := path.Match(name, candidate)
		if err != nil {
			t.Fatal(err)
		}
		if matched {
			return true
		}
	}
	return false
}
