package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The signature wanted was made by Python's hmac module.
func TestSignToken_KnownAnswer(t *testing.T) {
	const want = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1NyIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDg2NDAwfQ.Ys8vkXsDHr6HgQ9d1yhmrHvZC9-PtUxuz8a9FWtYsrI"
	got := signToken([]byte("0123456789abcdef0123456789abcdef"), "u7", "", time.Unix(1_700_000_000, 0))
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if user, ok := tokenUser([]byte(got)); !ok || user != "u7" {
		t.Errorf("tokenUser = %q, %v, want u7", user, ok)
	}
}

func TestTokenUser_RefusesOtherText(t *testing.T) {
	f := func(token string) {
		t.Helper()
		if user, ok := tokenUser([]byte(token)); ok {
			t.Errorf("tokenUser(%q) = %q, want none", token, user)
		}
	}
	f("")
	f("a")
	f("a.b")
	f("a.!!.c")
	f("a.bm90IGpzb24.c") // not json
	f("a.e30.c")         // {}
}

func TestNewUsers_TakesTheKeysOfARunningHub(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	u, err := newUsers(&options{Target: "127.0.0.1:80", SecretFile: file, APIKey: "k", Conns: 3})
	if err != nil || len(u.tokens) != 3 || u.apiKey != "k" || len(u.secret) != 32 {
		t.Errorf("got %d tokens, %d bytes of secret, %v", len(u.tokens), len(u.secret), err)
	}
	if _, err := newUsers(&options{Target: "127.0.0.1:80", Conns: 3}); err == nil {
		t.Error("no keys for a running hub: no error")
	}
}
