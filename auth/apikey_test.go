package auth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const keyA, keyB = "kA-0123456789abcdef", "kB-0123456789abcdef"

func manyAPIKeys(tb testing.TB, n int) *APIKeys {
	tb.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "service-%d:key-of-the-service-%d\n", i, i)
	}
	keys, err := ParseAPIKeys(strings.NewReader(b.String()))
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

func TestAPIKeys_Verify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	text := "# services\n\n  billing:" + keyA + "  \r\nops:" + keyB + ":admin,presence\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := LoadAPIKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if keys.Len() != 2 {
		t.Errorf("got %d keys, want 2", keys.Len())
	}
	for key, want := range map[string]Principal{
		keyA: {Service: "billing", Scopes: []Scope{ScopePublish}},
		keyB: {Service: "ops", Scopes: []Scope{ScopeAdmin, ScopePresence}},
	} {
		p, err := keys.Verify(key)
		if err != nil || p.Service != want.Service || p.User != "" || !p.Expires.IsZero() || !slices.Equal(p.Scopes, want.Scopes) {
			t.Errorf("got %+v, %v, want %+v", p, err, want)
		}
	}
	for _, key := range []string{
		keyA[:len(keyA)-1], keyA + "x", " " + keyA, strings.ToUpper(keyA), keyA + "\n", "billing", "billing:" + keyA,
		keyA + "\x00", strings.Repeat("k", maxAPIKeyLen+1), "x",
	} {
		p, err := keys.Verify(key)
		if !errors.Is(err, ErrUnknownKey) || p.Service != "" {
			t.Errorf("%.30q: got %q, %v, want ErrUnknownKey", key, p.Service, err)
		}
		checkSilent(t, err, key, keyA)
	}
	if _, err := keys.Verify(""); !errors.Is(err, ErrMissing) {
		t.Errorf("no key: got %v, want ErrMissing", err)
	}
}

func TestAPIKeys_EveryPlaceInTheFileIsFound(t *testing.T) {
	keys := manyAPIKeys(t, 50)
	for i := range 50 {
		p, err := keys.Verify(fmt.Sprintf("key-of-the-service-%d", i))
		if want := fmt.Sprintf("service-%d", i); err != nil || p.Service != want {
			t.Errorf("got %q, %v, want %q", p.Service, err, want)
		}
	}
}

func TestAPIKeys_AreHeldAsHashes(t *testing.T) {
	keys, err := ParseAPIKeys(strings.NewReader("a:" + keyA))
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v %v", keys, *keys, *keys, keys.keys); strings.Contains(text, keyA[:8]) {
		t.Error("the key is printed")
	}
}

func TestParseAPIKeys_NamesTheLineAndNeverTheKey(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no colon", "ok:" + keyB + "\n" + keyA, "line 2"},
		{"key and name the wrong way round", keyA + ":billing", "line 1"},
		{"a short key", "a:" + keyA[:15], "line 1"},
		{"an empty key", "a:", "line 1"},
		{"an empty name", ":" + keyA, "line 1"},
		{"a long key", "a:" + strings.Repeat(keyA, 60), "line 1"},
		{"a long name", strings.Repeat("n", 257) + ":" + keyA, "line 1"},
		{"a control character in the name", "a\x01:" + keyA, "line 1"},
		{"a space in the key", "a:" + keyA + " " + keyA, "line 1"},
		{"an unknown scope", "# c\n\na:" + keyA + ":publish,everything", "line 3"},
		{"a key with a colon, which looks like scopes", "a:" + keyA + ":" + keyB, "line 1"},
		{"empty scopes", "a:" + keyA + ":", "line 1"},
		{"a scope and nothing", "a:" + keyA + ":admin,", "line 1"},
		{"the same name", "a:" + keyA + "\nb:" + strings.Repeat("b", 16) + "\na:" + keyB, "line 3: the name of line 1"},
		{"the same key", "a:" + keyA + "\nb:" + keyA, "line 2: the key of line 1"},
		{"nothing but comments", "# a:" + keyA, "no key"},
		{"nothing", "", "no key"},
		{"a line without end", "a:" + strings.Repeat("x", 1<<17), "token too long"},
	} {
		_, err := ParseAPIKeys(strings.NewReader(tt.text))
		if !errors.Is(err, ErrAPIKeyFile) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want one with %q", tt.name, err, tt.want)
			continue
		}
		checkSilent(t, err, keyA, keyB)
	}
}

func TestLoadAPIKeyFile_Errors(t *testing.T) {
	if _, err := LoadAPIKeyFile(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
}

func FuzzParseAPIKeys(f *testing.F) {
	f.Add("a:" + keyA + "\n# x\n\nb:" + keyB + ":admin")
	f.Add("a:b:c:d")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := ParseAPIKeys(strings.NewReader(text))
		if err != nil {
			return
		}
		for line := range strings.Lines(text) {
			fields := strings.Split(strings.TrimSpace(line), ":")
			if fields[0] == "" || fields[0][0] == '#' {
				continue
			}
			if p, err := keys.Verify(fields[1]); err != nil || p.Service != fields[0] {
				t.Fatalf("got %q, %v, want %q", p.Service, err, fields[0])
			}
		}
	})
}
