package auth

import "testing"

func TestPrincipal_Has(t *testing.T) {
	p, admin, none := Principal{Scopes: []Scope{ScopePublish}}, Principal{Scopes: []Scope{ScopeAdmin}}, Principal{}
	for _, s := range allScopes {
		if p.Has(s) != (s == ScopePublish) || !admin.Has(s) || none.Has(s) {
			t.Errorf("%s: %v %v %v", s, p.Has(s), admin.Has(s), none.Has(s))
		}
	}
}

func TestPrincipal_MayRead(t *testing.T) {
	for _, tt := range []struct {
		patterns []string
		topic    string
		want     bool
	}{
		{nil, "news", false},
		{[]string{"news"}, "news", true},
		{[]string{"news"}, "New", false},
		{[]string{"news"}, "News", false},
		{[]string{"news"}, "news2", false},
		{[]string{"news"}, "new", false},
		{[]string{"news2"}, "news", false},
		{[]string{"team/7*"}, "team/7", true},
		{[]string{"team/7*"}, "team/71", true},
		{[]string{"team/7*"}, "team/", false},
		{[]string{"team/7*"}, "xteam/7", false},
		{[]string{"team/7/*"}, "team/71", false},
		{[]string{"a", "b", "c*"}, "cd", true},
		{[]string{"*"}, "anything/at all", true},
		{[]string{"a.b"}, "axb", false},
		{[]string{"a>"}, "ab", false},
		{[]string{"news"}, "*", false},
		{[]string{"news"}, "", false},
	} {
		p := Principal{Topics: tt.patterns}
		if got := p.MayRead(tt.topic); got != tt.want {
			t.Errorf("%q may read %q: got %v, want %v", tt.patterns, tt.topic, got, tt.want)
		}
	}
}

func TestPrincipal_NamesOfUsersAndServicesDiffer(t *testing.T) {
	user, service := Principal{User: "a"}, Principal{Service: "a"}
	if user.Name() == service.Name() {
		t.Errorf("both are %q", user.Name())
	}
}

func TestValidPattern(t *testing.T) {
	for pattern, ok := range map[string]bool{
		"news": true, "news*": true, "*": true, "a b/ä": true,
		"": false, "**": false, "*news": false, "ne*ws": false, "news**": false, "a,b": false, "a\n": false, "a\xff*": false,
	} {
		if err := ValidPattern(pattern); (err == nil) != ok {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}
