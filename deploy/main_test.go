package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"example.org/hub/internal/hubtest"
)

// patience is for what must happen; nothing waits it out.
const patience = 60 * time.Second

func TestMain(m *testing.M) { hubtest.Main(m) }

// output runs a program to its end.
func output(t *testing.T, name string, args ...string) (text string, ok bool) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	return string(out), err == nil
}

// mustRun runs a program that must succeed, and returns what it printed.
func mustRun(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, ok := output(t, name, args...)
	if !ok {
		t.Fatalf("%s %v:\n%s", filepath.Base(name), args, out)
	}
	return out
}

// writeFile writes a file of the test's own and returns its path.
func writeFile(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
