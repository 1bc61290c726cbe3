package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestConfig_PrintsEverySettingWithItsOrigin(t *testing.T) {
	t.Setenv("HUB_HEARTBEAT", "20s")
	t.Setenv("HUB_JWKS_URL", "https://reader:hidden@id.example/keys")
	file := writeFile(t, "hub.yaml", "max-connections: 70000 # of the file\ntrusted-proxy: [10.0.0.0/8, fd00::/8]\n")
	code, out, errs := command(t, "config", "--config", file, "--window-age", "1h", "--instance", "yes")
	if code != exitOK {
		t.Fatalf("got code %d: %s", code, errs)
	}
	got := strings.ReplaceAll(out, file, "hub.yaml")
	want, err := os.ReadFile("testdata/config.golden")
	if err != nil {
		t.Fatal(err)
	}
	// Columns depend on the length of the file's name.
	if fields(got) != fields(string(want)) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func fields(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func TestConfig_OutputIsAFileThatGivesTheSame(t *testing.T) {
	args := []string{"--dev", "--instance", "a: b # c", "--cors-origin", "https://a.example,http://b.example:81", "--max-connection-age", "90m"}
	_, first, _ := command(t, append([]string{"config"}, args...)...)
	file := writeFile(t, "hub.yaml", first)
	code, second, errs := command(t, "config", "--config", file)
	if code != exitOK {
		t.Fatalf("got code %d: %s", code, errs)
	}
	f1, f2 := strings.Split(fields(first), "\n"), strings.Split(fields(second), "\n")
	for i := range f1[1:] { // the first line is the file's own name
		a, _ := cutLast(f1[i+1], " # ")
		b, origin := cutLast(f2[i+1], " # ")
		if a != b || origin != string(fromFile) {
			t.Errorf("%q came back as %q from %s", a, b, origin)
		}
	}
}

func cutLast(s, sep string) (before, after string) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):]
	}
	return s, ""
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 15 * time.Second: "15s", 10 * time.Minute: "10m", time.Hour: "1h", 90 * time.Minute: "1h30m",
		20 * time.Hour: "20h", time.Hour + time.Second: "1h0m1s", 1500 * time.Millisecond: "1.5s",
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
