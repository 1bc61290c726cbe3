package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is for what must happen; nothing waits it out.
const patience = 60 * time.Second

// buildDir holds the hub that all tests use.
var buildDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hub-deploy")
	if err != nil {
		panic(err)
	}
	buildDir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// build makes the hub as the image has it, but for time zones, for which all
// packages would be compiled anew.
var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "hub")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, "../cmd/hub")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

func hubBinary(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatalf("build hub: %v\n%s", err, path)
	}
	return path
}

// tool finds a program that the test cannot do without.
func tool(t *testing.T, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} { // not in everybody's PATH
		if path := filepath.Join(dir, name); isExecutable(path) {
			return path
		}
	}
	t.Fatalf("%s is missing: install the package %s", name, debianPackage)
	return ""
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

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
