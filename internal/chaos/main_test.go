//go:build linux

package chaos

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// patience is how many seconds are given to what must happen. They are counted
// in tries, not by the clock: machines with many tests on them stand still at
// times.
const patience = 60

// buildDir holds the hub that all tests use.
var buildDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hub-chaos")
	if err != nil {
		panic(err)
	}
	buildDir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// build makes the binary, once.
var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "hub")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", path, "../../cmd/hub")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
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

// tool finds a program that the tests cannot do without.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} { // not in everybody's PATH
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	t.Fatalf("%s is missing: install the Debian package of that name", name)
	return ""
}

// writeFile writes a file of the test's own and returns its path.
func writeFile(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
