//go:build linux

package chaos

import (
	"os"
	"path/filepath"
	"testing"

	"example.org/hub/internal/hubtest"
)

// patience is how many seconds are given to what must happen. They are counted
// in tries, not by the clock: machines with many tests on them stand still at
// times.
const patience = 60

func TestMain(m *testing.M) { hubtest.Main(m) }

// writeFile writes a file of the test's own and returns its path.
func writeFile(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
