package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// printedCommands returns the commands that --dev printed, by the comment above
// each.
func printedCommands(out string) map[string]string {
	commands, comment := map[string]string{}, ""
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if text, ok := strings.CutPrefix(line, "# "); ok {
			comment = text
		} else if line != "" && comment != "" {
			commands[comment] = line
		}
	}
	return commands
}

// startShell runs a command line and returns a function that waits for a line
// of its output.
func startShell(t *testing.T, line string) (waitFor func(text string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	cmd := exec.CommandContext(ctx, "sh", "-c", "exec "+line)
	cmd.Env = append(os.Environ(), beHub+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	return func(text string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return
			}
		}
		t.Fatalf("no %q from: %s", text, line)
	}
}

// pick returns the command whose comment begins so.
func pick(t *testing.T, commands map[string]string, comment string) string {
	t.Helper()
	for c, line := range commands {
		if strings.HasPrefix(c, comment) {
			return line
		}
	}
	t.Fatalf("no command %q in %v", comment, commands)
	return ""
}

// What --dev prints is pasted into a shell, as a user does.
func TestDev_PrintedCommandsWork(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl")
	}
	h := startHub(t, "--dev")
	h.waitForOutput("topic, with this program")
	commands := printedCommands(h.printed())

	alice := startShell(t, pick(t, commands, "Follow alice"))
	alice("event: connected")
	startShell(t, pick(t, commands, "Send alice"))(`"connections":1`)
	alice("event: notification")
	startShell(t, pick(t, commands, "Broadcast"))(`"connections":1`)
	alice("event: systemUpdate")

	resumed := startShell(t, pick(t, commands, "Resume"))
	resumed("event: notification")
	resumed("event: systemUpdate")
	startShell(t, pick(t, commands, "Who is connected"))(`"totalConnections":`)
	startShell(t, pick(t, commands, "The same every second"))("event: dashboardUpdate")

	bob := startShell(t, pick(t, commands, "Another user"))
	bob("connected")
	startShell(t, pick(t, commands, "Send to a topic"))(`"id":`)
	bob(`{"title":"Hi"}`)
	alice(`{"title":"Hi"}`)
}

func TestDev_CommandsOutliveARestart(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	first := startHubWith(t, []string{"--dev"}, os.Environ())
	first.waitForOutput("topic, with this program")
	resume := pick(t, printedCommands(first.printed()), "Resume")
	startShell(t, resume)("event: connected")
	first.exit()

	second := startHubWith(t, []string{"--dev", "--listen", strings.TrimPrefix(first.public, "http://")}, os.Environ())
	again := startShell(t, resume)
	again("event: gap")
	again(`"reason":"epoch"`)
	second.exit()
}

func TestKeepFile_MakesOneFileForAll(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			if _, err := keepFile(dir, "key", strings.Repeat(string(rune('a'+i)), 32)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("got %v, %v", files, err)
	}
	path, err := keepFile(dir, "key", "other")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || len(text) != 32 || strings.Trim(string(text), string(text[:1])) != "" {
		t.Errorf("got %q, %v", text, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestDevKeys_LeaveGivenKeysAlone(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s := settings{JWTPublicKeyFile: []string{"given.pem"}, APIKeyFile: "given.keys"}
	d, err := s.useDevKeys()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.JWTSecretFile) != 0 || s.APIKeyFile != "given.keys" || d.token(&s) != "$TOKEN" {
		t.Errorf("got %+v", s)
	}
	if files, _ := filepath.Glob(d.dir + "/*"); len(files) != 0 {
		t.Errorf("made %v", files)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"/a/b-c_d.1": "/a/b-c_d.1", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "": "''",
	} {
		if got := quote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestReachable(t *testing.T) {
	for in, want := range map[string]string{
		"0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", ":80": "127.0.0.1:80",
		"10.0.0.1:80": "10.0.0.1:80", "[::1]:80": "[::1]:80", "nothing": "nothing",
	} {
		if got := reachable(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
