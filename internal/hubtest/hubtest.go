// Package hubtest gives tests that run real processes the hub's binary, and the
// programs that they start beside it.
package hubtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// dir is where Binary builds, once it was called.
var dir string

// Main is for TestMain: it runs the tests, checks that no goroutine is left, and
// removes what Binary has built.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if dir != "" {
			_ = os.RemoveAll(dir)
		}
		os.Exit(code)
	}))
}

// Binary returns the path of the hub, built once in a process as the image has it,
// but for time zones, for which all packages would be compiled anew.
func Binary(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatalf("build hub: %v\n%s", err, path)
	}
	return path
}

// build returns the path, or with an error what the compiler said.
var build = sync.OnceValues(func() (string, error) {
	var err error
	if dir, err = os.MkdirTemp("", "hub-test"); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hub")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, "example.org/hub/cmd/hub")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return string(out), err
	}
	return path, nil
})

// Tool returns the path of a program that a test cannot do without; pkg is the
// Debian package that has it.
func Tool(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	for _, sbin := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} { // not in everybody's PATH
		if err != nil {
			path, err = exec.LookPath(filepath.Join(sbin, name))
		}
	}
	if err != nil {
		t.Fatalf("%s is missing: install the package %s", name, pkg)
	}
	return path
}
