package engine_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"example.org/hub/engine"
)

func TestParseAddress_AcceptsEveryKind(t *testing.T) {
	for _, tt := range []struct {
		text, kind, name string
		built            engine.Address
	}{
		{"all", engine.KindAll, "", engine.All},
		{"user/alice", engine.KindUser, "alice", engine.User("alice")},
		{"user/a/b", engine.KindUser, "a/b", engine.User("a/b")},
		{"user//", engine.KindUser, "/", engine.User("/")},
		{"user/*", engine.KindUser, "*", engine.User("*")},
		{"user/Zoë, née 山", engine.KindUser, "Zoë, née 山", engine.User("Zoë, née 山")},
		{"connection/c1", engine.KindConnection, "c1", engine.Connection("c1")},
		{"topic/orders/eu", engine.KindTopic, "orders/eu", engine.Topic("orders/eu")},
		{"topic/all", engine.KindTopic, "all", engine.Topic("all")},
		{"user/" + strings.Repeat("x", engine.MaxNameLen), engine.KindUser, strings.Repeat("x", engine.MaxNameLen), engine.User(strings.Repeat("x", engine.MaxNameLen))},
	} {
		got, err := engine.ParseAddress(tt.text)
		if err != nil || got != tt.built {
			t.Errorf("ParseAddress(%q) = %q, %v, want %q", tt.text, got, err, tt.built)
		}
		if kind, name := got.Split(); kind != tt.kind || name != tt.name {
			t.Errorf("%q.Split() = %q, %q, want %q, %q", got, kind, name, tt.kind, tt.name)
		}
	}
}

func TestParseAddress_SaysWhichRuleWasBroken(t *testing.T) {
	for _, tt := range []struct{ text, rule string }{
		{"", "want user/<id>"},
		{"ALL", "want user/<id>"},
		{"user", "want user/<id>"},
		{"all/", "the kind is"},
		{"User/alice", "the kind is"},
		{" user/alice", "the kind is"},
		{"/alice", "the kind is"},
		{"user/", "1 to 256 bytes"},
		{"user/" + strings.Repeat("x", engine.MaxNameLen+1), "1 to 256 bytes"},
		{"user/a\xff", "valid UTF-8"},
		{"user/a\nb", "control characters"},
		{"user/a\x00", "control characters"},
		{"connection/\x7f", "control characters"},
		{"topic/a*", "neither '*' nor ','"},
		{"topic/a,b", "neither '*' nor ','"},
	} {
		got, err := engine.ParseAddress(tt.text)
		if !errors.Is(err, engine.ErrBadAddress) || got != "" {
			t.Errorf("ParseAddress(%q) = %q, %v, want ErrBadAddress", tt.text, got, err)
			continue
		}
		if !strings.Contains(err.Error(), tt.rule) {
			t.Errorf("ParseAddress(%q): %v, want the rule %q", tt.text, err, tt.rule)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"all", "user/alice", "user/a/b", "topic/a*", "topic/a,b", "connection/c", "user/", "x/y", "user/\xff", "user/\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := engine.ParseAddress(s)
		if err != nil {
			if !errors.Is(err, engine.ErrBadAddress) || a != "" {
				t.Fatalf("ParseAddress(%q) = %q, %v", s, a, err)
			}
			return
		}
		if string(a) != s {
			t.Fatalf("%q became %q", s, a)
		}
		kind, name := a.Split()
		if kind == engine.KindAll {
			if a != engine.All {
				t.Fatalf("%q passes for all", s)
			}
			return
		}
		if kind+"/"+name != s || name == "" || len(name) > engine.MaxNameLen || !utf8.ValidString(name) || strings.ContainsAny(name, "\r\n\x00") {
			t.Fatalf("accepted %q as %q and %q", s, kind, name)
		}
	})
}
