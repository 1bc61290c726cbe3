package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testName = regexp.MustCompile("`((?:[a-z]+/)+)((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
)

// testsOf returns the tests and fuzz targets of a package.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
			all[m[1]] = true
		}
	}
	return all
}

// Each attack of docs/security-tests.md has a test, and each test that is named
// there exists.
func TestSecurity_NamedTestsExist(t *testing.T) {
	text, err := os.ReadFile("../../docs/security-tests.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]bool{}
	attacks := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| attack ") {
			continue
		}
		attacks++
		names := testName.FindAllStringSubmatch(line, -1)
		if len(names) == 0 {
			t.Errorf("no test in: %s", line)
		}
		for _, m := range names {
			if known[m[1]] == nil {
				known[m[1]] = testsOf(t, m[1])
			}
			if !known[m[1]][m[2]] {
				t.Errorf("there is no %s%s", m[1], m[2])
			}
		}
	}
	if attacks < 40 {
		t.Errorf("%d attacks were found", attacks)
	}
}
