package deploy

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.org/hub/internal/hubtest"
)

// eachText calls f with every file that an operator reads: those of this
// directory that are not Go, the documents and the security policy.
func eachText(t *testing.T, f func(name, text string)) {
	t.Helper()
	root := os.DirFS("..")
	for _, dir := range []string{"deploy", "docs", "SECURITY.md"} {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) == ".go" {
				return err
			}
			text, err := fs.ReadFile(root, name)
			if err == nil {
				f(name, string(text))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// foreignFlags are those of other programs that the texts call.
var foreignFlags = []string{
	"--build", "--build-arg", "--read-only", "--cap-drop", "--ulimit", "--time", "--tags", "--always", // docker, git
	"--platform", "--sbom", "--provenance", "--push", // docker buildx
	"--from", "--chown", "--interval", "--timeout", "--start-period", "--retries", // Dockerfile
	"--gzip",                         // bench
	"--now", "--mode", "--from-file", // systemctl, envoy, kubectl
}

// TestNames_FlagsAndVariablesExist holds every flag and HUB_ variable that is
// written down against the program's own help.
func TestNames_FlagsAndVariablesExist(t *testing.T) {
	known := foreignFlags
	for _, command := range []string{"serve", "token", "send", "tail", "stats", "drain", "healthcheck", "config"} {
		help := mustRun(t, hubtest.Binary(t), command, "--help")
		known = append(known, flagName.FindAllString(help, -1)...)
		known = append(known, variableName.FindAllString(help, -1)...)
	}
	slices.Sort(known)
	eachText(t, func(name, text string) {
		for _, re := range []*regexp.Regexp{flagName, variableName} {
			for _, m := range re.FindAllString(text, -1) {
				i, ok := slices.BinarySearch(known, m)
				family := i < len(known) && strings.HasPrefix(known[i], m+"-") && strings.Contains(text, m+"-*")
				if !ok && !family && !strings.HasPrefix(name, "docs/adr/") {
					t.Errorf("%s names %s, which hub does not know", name, m)
				}
			}
		}
	})
}

var (
	flagName     = regexp.MustCompile(`--[a-z][a-z-]*[a-z]`)
	variableName = regexp.MustCompile(`\bHUB_[A-Z_]*[A-Z]`)
)
