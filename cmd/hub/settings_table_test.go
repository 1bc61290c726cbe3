package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write docs/settings.md anew")

const settingsTable = "../../docs/settings.md"

// TestSettings_TheTableIsOfNow holds docs/settings.md against the flags of serve.
// "go generate ./cmd/hub" writes it.
func TestSettings_TheTableIsOfNow(t *testing.T) {
	line, err := parse([]string{"serve"}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := tableOf(line.parsed.Selected().Flags)
	if *update {
		if err := os.WriteFile(settingsTable, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(settingsTable)
	if err != nil || string(got) != want {
		t.Errorf("docs/settings.md is not of now: write it with go generate ./cmd/hub (%v)", err)
	}
}

func tableOf(flags []*kong.Flag) string {
	var b strings.Builder
	b.WriteString("# Settings of `hub serve`\n\nWritten by a test from the flags' own help. A flag `--window-age` is also the variable `HUB_WINDOW_AGE` and the\n" +
		"key `window-age` of the file that `--config` names; flags count before variables, variables before the file. `hub config` prints\n" +
		"what counts and where it comes from. Secrets are in files only. A running hub takes over those with ✓ on SIGHUP.\n")
	group := ""
	for _, f := range flags {
		if !hasVariable(f.Value) {
			continue
		}
		name := "General"
		if f.Group != nil {
			name = strings.TrimSuffix(f.Group.Key, ":")
		}
		if name != group {
			group = name
			fmt.Fprintf(&b, "\n## %s\n\n| setting | default | SIGHUP | what it says |\n|---|---|---|---|\n", group)
		}
		live := ""
		if f.Tag.Has("live") {
			live = "✓"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, strings.ReplaceAll(f.Default, "|", "\\|"), live, strings.ReplaceAll(f.Help, "|", "\\|"))
	}
	return b.String()
}
