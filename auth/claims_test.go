package auth

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestClaims_Refused(t *testing.T) {
	cfg := everyKey()
	cfg.Issuer, cfg.Audience = "https://idp.example", "hub"
	v := newVerifier(t, cfg)
	const from = `,"iss":"https://idp.example","aud":"hub"`
	for _, tt := range []struct {
		name, payload string
		want          error
	}{
		{"exp is missing", `{"sub":"a"` + from + `}`, ErrClaims},
		{"exp is null", `{"sub":"a","exp":null` + from + `}`, ErrClaims},
		{"exp is a string", `{"sub":"a","exp":"NOW+60"` + from + `}`, ErrClaims},
		{"exp is an object", `{"sub":"a","exp":{}` + from + `}`, ErrClaims},
		{"exp is true", `{"sub":"a","exp":true` + from + `}`, ErrClaims},
		{"exp is 1e308", `{"sub":"a","exp":1e308` + from + `}`, ErrClaims},
		{"exp is 1e999", `{"sub":"a","exp":1e999` + from + `}`, ErrClaims},
		{"exp is 2^63", `{"sub":"a","exp":9223372036854775808` + from + `}`, ErrClaims},
		{"exp is negative", `{"sub":"a","exp":-1` + from + `}`, ErrClaims},
		{"exp is 0", `{"sub":"a","exp":0` + from + `}`, ErrExpired},
		{"exp is now", `{"sub":"a","exp":NOW+0` + from + `}`, ErrExpired},
		{"exp is given twice", `{"sub":"a","exp":NOW-60,"exp":NOW+60` + from + `}`, ErrClaims},
		{"exp is in other letter case", `{"sub":"a","Exp":NOW+60` + from + `}`, ErrClaims},
		{"nbf is ahead", `{"sub":"a","exp":NOW+60,"nbf":NOW+40` + from + `}`, ErrNotYet},
		{"nbf is a string", `{"sub":"a","exp":NOW+60,"nbf":"0"` + from + `}`, ErrClaims},
		{"nbf is negative", `{"sub":"a","exp":NOW+60,"nbf":-1` + from + `}`, ErrClaims},
		{"nbf is 1e308", `{"sub":"a","exp":NOW+60,"nbf":1e308` + from + `}`, ErrClaims},
		{"iat is ahead", `{"sub":"a","exp":NOW+60,"iat":NOW+40` + from + `}`, ErrNotYet},
		{"iat is 1e308", `{"sub":"a","exp":NOW+60,"iat":1e308` + from + `}`, ErrClaims},
		{"iat is an array", `{"sub":"a","exp":NOW+60,"iat":[1]` + from + `}`, ErrClaims},
		{"iss is missing", `{"sub":"a","exp":NOW+60,"aud":"hub"}`, ErrIssuer},
		{"iss is longer", `{"sub":"a","exp":NOW+60,"aud":"hub","iss":"https://idp.example/"}`, ErrIssuer},
		{"iss is in other letter case", `{"sub":"a","exp":NOW+60,"aud":"hub","iss":"https://IDP.example"}`, ErrIssuer},
		{"iss is an array", `{"sub":"a","exp":NOW+60,"aud":"hub","iss":["https://idp.example"]}`, ErrIssuer},
		{"aud is missing", `{"sub":"a","exp":NOW+60,"iss":"https://idp.example"}`, ErrAudience},
		{"aud is null", `{"sub":"a","exp":NOW+60,"iss":"https://idp.example","aud":null}`, ErrAudience},
		{"aud is another", `{"sub":"a","exp":NOW+60,"iss":"https://idp.example","aud":"hub2"}`, ErrAudience},
		{"aud is a list in a string", `{"sub":"a","exp":NOW+60,"iss":"https://idp.example","aud":"x hub"}`, ErrAudience},
		{"aud does not have it", `{"sub":"a","exp":NOW+60,"iss":"https://idp.example","aud":["x","y"]}`, ErrAudience},
		{"aud is empty", `{"sub":"a","exp":NOW+60,"iss":"https://idp.example","aud":[]}`, ErrAudience},
		{"aud has a number", `{"sub":"a","exp":NOW+60,"iss":"https://idp.example","aud":["hub",1]}`, ErrAudience},
		{"aud is an object", `{"sub":"a","exp":NOW+60,"iss":"https://idp.example","aud":{"hub":"hub"}}`, ErrAudience},
		{"sub is missing", `{"exp":NOW+60` + from + `}`, ErrClaims},
		{"sub is null", `{"sub":null,"exp":NOW+60` + from + `}`, ErrClaims},
		{"sub is a number", `{"sub":12345678,"exp":NOW+60` + from + `}`, ErrClaims},
		{"sub is an array", `{"sub":["alice"],"exp":NOW+60` + from + `}`, ErrClaims},
		{"sub is empty", `{"sub":"","exp":NOW+60` + from + `}`, ErrClaims},
		{"sub has 257 bytes", `{"sub":"` + strings.Repeat("s", 257) + `","exp":NOW+60` + from + `}`, ErrClaims},
		{"sub has a line break", `{"sub":"a\nb","exp":NOW+60` + from + `}`, ErrClaims},
		{"sub has NUL", `{"sub":"a\u0000","exp":NOW+60` + from + `}`, ErrClaims},
		{"sub is not UTF-8", `{"sub":"a` + "\xff" + `","exp":NOW+60` + from + `}`, ErrClaims},
		{"sub has half a surrogate pair", `{"sub":"a\ud800","exp":NOW+60` + from + `}`, ErrClaims},
		{"sub is given twice", `{"sub":"alice","sub":"bob","exp":NOW+60` + from + `}`, ErrClaims},
		{"sub is given twice, once in escapes", `{"sub":"alice","\u0073ub":"bob","exp":NOW+60` + from + `}`, ErrClaims},
		{"sub is in other letter case", `{"Sub":"alice","exp":NOW+60` + from + `}`, ErrClaims},
		{"scope is a number", `{"sub":"a","exp":NOW+60,"scope":1` + from + `}`, ErrClaims},
		{"scope has a number", `{"sub":"a","exp":NOW+60,"scope":["admin",1]` + from + `}`, ErrClaims},
		{"topics is a string", `{"sub":"a","exp":NOW+60,"topics":"news"` + from + `}`, ErrClaims},
		{"topics is an object", `{"sub":"a","exp":NOW+60,"topics":{"news":1}` + from + `}`, ErrClaims},
		{"topics has null", `{"sub":"a","exp":NOW+60,"topics":["news",null]` + from + `}`, ErrClaims},
		{"topics has an array", `{"sub":"a","exp":NOW+60,"topics":[["news"]]` + from + `}`, ErrClaims},
		{"topics has an empty name", `{"sub":"a","exp":NOW+60,"topics":[""]` + from + `}`, ErrClaims},
		{"topics has a star inside", `{"sub":"a","exp":NOW+60,"topics":["news*today"]` + from + `}`, ErrClaims},
		{"topics has two stars", `{"sub":"a","exp":NOW+60,"topics":["news**"]` + from + `}`, ErrClaims},
		{"topics has a comma", `{"sub":"a","exp":NOW+60,"topics":["a,b"]` + from + `}`, ErrClaims},
		{"topics has a control character", `{"sub":"a","exp":NOW+60,"topics":["a\tb"]` + from + `}`, ErrClaims},
		{"the payload is an array", `["sub"]`, ErrClaims},
		{"the payload is null", `null`, ErrClaims},
		{"the payload is empty", ``, ErrClaims},
		{"the payload is cut off", `{"sub":"a","exp":`, ErrClaims},
		{"something is behind the payload", `{"sub":"a","exp":NOW+60` + from + `}{}`, ErrClaims},
	} {
		t.Run(tt.name, func(t *testing.T) {
			payload := at(tt.payload)
			p, err := v.Verify(t.Context(), forge(headerHS256, payload, byHMAC))
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if p.User != "" || p.Scopes != nil || p.Topics != nil {
				t.Errorf("a refused token gave %+v", p)
			}
			checkSilent(t, err, forge(headerHS256, payload, byHMAC), secretText, "12345678")
		})
	}
}

func TestClaims_Accepted(t *testing.T) {
	for _, tt := range []struct {
		name, members string
		cfg           Config
		want          Principal
	}{
		{"nothing but sub and exp", ``, Config{}, Principal{}},
		{"aud and iss that nobody asked for", `"iss":7,"aud":{}`, Config{}, Principal{}},
		{"aud in an array", `"aud":["x","hub"]`, Config{Audience: "hub"}, Principal{}},
		{"iss in escapes", `"iss":"\u0069dp"`, Config{Issuer: "idp"}, Principal{}},
		{"nbf within the leeway", `"nbf":NOW+20`, Config{Leeway: 30 * time.Second}, Principal{}},
		{"nbf of long ago", `"nbf":0`, Config{}, Principal{}},
		{"nbf and iat null", `"nbf":null,"iat":null`, Config{}, Principal{}},
		{"iat with a fraction", `"iat":1700000000.25`, Config{}, Principal{Issued: time.UnixMilli(1700000000250)}},
		{"iat with an exponent", `"iat":1.7e9`, Config{}, Principal{Issued: time.Unix(1700000000, 0)}},
		{"a lifetime within the limit", `"iat":NOW+0`, Config{MaxLifetime: 61 * time.Minute}, Principal{Issued: time.Unix(time.Now().Unix(), 0)}},
		{
			"scope as a string", `"scope":"openid dashboard  publish dashboard"`,
			Config{},
			Principal{Scopes: []Scope{ScopeDashboard, ScopePublish}},
		},
		{"scope as an array", `"scope":["admin","x","presence"]`, Config{}, Principal{Scopes: []Scope{ScopeAdmin, ScopePresence}}},
		{"scope in other letter case", `"scope":"ADMIN"`, Config{}, Principal{}},
		{"scope and topics null", `"scope":null,"topics":null`, Config{}, Principal{}},
		{"no topics", `"topics":[]`, Config{}, Principal{}},
		{
			"topics", ` "topics" : [ "news" , "team/7*", "*", "a\"]b" ] `,
			Config{},
			Principal{Topics: []string{"news", "team/7*", "*", `a"]b`}},
		},
		{"nested members of the same names", `"x":{"sub":"eve","exp":1},"y":[{"scope":"admin"},"}]\\"]`, Config{}, Principal{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Keys = []Key{hmacKey(secretText)}
			p, err := newVerifier(t, tt.cfg).Verify(t.Context(), forge(headerHS256, claimsWith(tt.members), byHMAC))
			if err != nil {
				t.Fatal(err)
			}
			if p.User != "alice" || p.Service != "" || !slices.Equal(p.Scopes, tt.want.Scopes) ||
				!slices.Equal(p.Topics, tt.want.Topics) {
				t.Errorf("got %+v, want %+v", p, tt.want)
			}
			if d := p.Issued.Sub(tt.want.Issued); d < 0 || d > time.Minute {
				t.Errorf("issued %v, want %v", p.Issued, tt.want.Issued)
			}
			if left := time.Until(p.Expires); left < 59*time.Minute || left > time.Hour {
				t.Errorf("expires in %v, want an hour", left)
			}
		})
	}
}

func TestClaims_SubIsBytes(t *testing.T) {
	v := newVerifier(t, everyKey())
	seen := map[string]bool{}
	// Composed and decomposed é, Latin and Cyrillic a, a space, an emoji, what
	// other systems would take for syntax, the longest name.
	for _, sub := range []string{
		"\u00e9", "e\u0301", "a", "\u0430", "a ", "A", "\U0001F600", "../..", "*", ">", "{}", "__proto__",
		"$SYS.>", "user/x", "%2F", strings.Repeat("s", 256),
	} {
		p, err := v.Verify(t.Context(), forge(headerHS256, at(`{"sub":"`+sub+`","exp":NOW+60}`), byHMAC))
		if err != nil || p.User != sub || seen[p.User] {
			t.Errorf("%q: got %q, %v", sub, p.User, err)
		}
		seen[p.User] = true
	}
}

func TestClaims_MaxLifetime(t *testing.T) {
	cfg := everyKey()
	cfg.MaxLifetime = time.Hour
	v := newVerifier(t, cfg)
	for payload, want := range map[string]error{
		`{"sub":"a","exp":NOW+3600,"iat":NOW+0}`: nil,
		`{"sub":"a","exp":NOW+3600,"iat":NOW-9}`: ErrClaims,
		`{"sub":"a","exp":NOW+60}`:               ErrClaims,
	} {
		if _, err := v.Verify(t.Context(), forge(headerHS256, at(payload), byHMAC)); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", payload, err, want)
		}
	}
}
