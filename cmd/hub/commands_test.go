package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.org/hub/auth"
)

func TestToken_IsWhatAVerifierAccepts(t *testing.T) {
	file := writeFile(t, "secret", testSecret+"\n")
	code, out, errs := command(t, "token", "--user", "alice", "--scope", "dashboard", "--scope", "publish",
		"--topic", "news*", "--ttl", "2h", "--jwt-secret-file", file, "--jwt-issuer", "me", "--jwt-audience", "hub")
	if code != exitOK {
		t.Fatalf("got code %d: %s", code, errs)
	}
	key, err := auth.HMACKey([]byte(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	v, err := auth.NewVerifier(t.Context(), auth.Config{Keys: []auth.Key{key}, Issuer: "me", Audience: "hub"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.Verify(t.Context(), strings.TrimSpace(out))
	if err != nil {
		t.Fatal(err)
	}
	if p.User != "alice" || !p.Has(auth.ScopePublish) || !p.Has(auth.ScopeDashboard) || p.Has(auth.ScopePresence) ||
		!p.MayRead("newsroom") || p.MayRead("sport") || time.Until(p.Expires) < time.Hour {
		t.Errorf("got %+v", p)
	}
}

func TestToken_Refusals(t *testing.T) {
	file := writeFile(t, "secret", testSecret)
	for _, args := range [][]string{
		{"--jwt-secret-file", file},
		{"--user", "alice"},
		{"--user", "alice", "--jwt-secret-file", "no-such-file"},
		{"--user", "alice", "--jwt-secret-file", file, "--scope", "root"},
		{"--user", "alice", "--jwt-secret-file", file, "--ttl", "0"},
		{"--user", "", "--jwt-secret-file", file},
	} {
		if code, out, errs := command(t, append([]string{"token"}, args...)...); code != exitUsage || out != "" || errs == "" {
			t.Errorf("hub token %v: got code %d, %q, %q", args, code, out, errs)
		}
	}
}

func TestTail_PrintsAndResumes(t *testing.T) {
	h := startHub(t)
	first := h.send("user/alice", "n", `1`)
	h.send("topic/news", "n", `2`)
	code, out, errs := command(t, "tail", "--user", "alice", "--jwt-secret-file", h.secretFile, "--stream-url", h.public,
		"--topics", "news", "--last-event-id", first, "--count", "2", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitOK || len(lines) != 2 {
		t.Fatalf("got code %d, %q, %q", code, out, errs)
	}
	var ev struct {
		Event string
		Data  int
	}
	if err := json.Unmarshal([]byte(lines[1]), &ev); err != nil || ev.Event != "n" || ev.Data != 2 {
		t.Errorf("got %s", lines[1])
	}
}

func TestTail_EndsWithItsContextAndWithRefusals(t *testing.T) {
	h := startHub(t)
	ctx, cancel := context.WithCancel(t.Context())
	var errs bytes.Buffer
	out := writerFunc(func(p []byte) (int, error) {
		cancel() // at the first event
		return len(p), nil
	})
	t.Setenv("HUB_TOKEN", h.token("alice"))
	if code := run(ctx, []string{"tail", "--stream-url", h.public}, out, &errs); code != exitOK {
		t.Errorf("got code %d, %s", code, &errs)
	}
	code, _, text := command(t, "tail", "--stream-url", h.public, "--token", "no.to.ken")
	if code != exitFailure || !strings.Contains(text, "401") {
		t.Errorf("a bad token: got code %d, %q", code, text)
	}
	if code, _, text := command(t, "tail", "--user", "a", "--token", "b"); code != exitUsage {
		t.Errorf("user and token: got code %d, %q", code, text)
	}
}

func TestSend_RefusalsSayWhy(t *testing.T) {
	h := startHub(t)
	key := []string{"--url", h.internal, "--api-key-file", h.keyFile}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no key", []string{"all", "n", "1", "--url", h.internal}, exitUsage, "API key is needed"},
		{"data is no JSON", append([]string{"all", "n", "hello"}, key...), exitUsage, "--text"},
		{"text", append([]string{"all", "n", "hello", "--text"}, key...), exitOK, ""},
		{"bad address", append([]string{"everyone", "n", "1"}, key...), exitFailure, "400"},
		{"reserved name", append([]string{"all", "ping", "1"}, key...), exitFailure, "400"},
		{"wrong key", []string{"all", "n", "1", "--url", h.internal, "--api-key-file", writeFile(t, "k", "some-other-key-of-tests")}, exitFailure, "401"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, errs := command(t, append([]string{"send"}, tt.args...)...)
			if code != tt.code || !strings.Contains(errs, tt.want) {
				t.Errorf("got code %d, %q", code, errs)
			}
		})
	}
}

func TestStats_AndHealthcheck(t *testing.T) {
	h := startHub(t)
	h.open("alice", "")
	t.Setenv("HUB_API_KEY", testKey)
	t.Setenv("HUB_INTERNAL_LISTEN", strings.Replace(h.internal, "http://127.0.0.1", "0.0.0.0", 1))
	code, out, errs := command(t, "stats")
	var stats struct {
		Total struct{ TotalConnections, UniqueUsers int }
	}
	if err := json.Unmarshal([]byte(out), &stats); code != exitOK || err != nil || stats.Total.TotalConnections != 1 || stats.Total.UniqueUsers != 1 {
		t.Errorf("stats: got code %d, %q, %q", code, out, errs)
	}
	if code, _, errs := command(t, "healthcheck"); code != exitOK {
		t.Errorf("healthcheck: got code %d, %q", code, errs)
	}
	if code, _, errs := command(t, "healthcheck", "--url", "http://127.0.0.1:1"); code != exitFailure || errs == "" {
		t.Errorf("healthcheck of nothing: got code %d, %q", code, errs)
	}
}

func TestVersion(t *testing.T) {
	code, out, _ := command(t, "version")
	if code != exitOK || !strings.HasPrefix(out, "hub ") || !strings.Contains(out, "go1.") {
		t.Errorf("got code %d, %q", code, out)
	}
}
