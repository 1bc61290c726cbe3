package auth

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// golang-jwt's parser is the oracle: it need not accept all that this package
// refuses, but everything that this package accepts, and read it alike.
type oracleClaims struct {
	jwt.RegisteredClaims
	Scope  any      `json:"scope"`
	Topics []string `json:"topics"`
}

func oracle() *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods([]string{HS256}), jwt.WithExpirationRequired(), jwt.WithStrictDecoding())
}

func oracleKey(*jwt.Token) (any, error) { return []byte(secretText), nil }

func agrees(t *testing.T, text string, p *Principal) {
	t.Helper()
	c := &jwt.MapClaims{}
	if _, err := oracle().ParseWithClaims(text, c, oracleKey); err != nil {
		t.Fatalf("accepted what golang-jwt refuses: %v", err)
	}
	if sub, _ := c.GetSubject(); sub != p.User {
		t.Fatalf("sub: got %q, golang-jwt reads %q", p.User, sub)
	}
	if exp, _ := c.GetExpirationTime(); exp.Unix() != p.Expires.Unix() {
		t.Fatalf("exp: got %v, golang-jwt reads %v", p.Expires, exp)
	}
	topics, _ := (*c)["topics"].([]any)
	if len(topics) != len(p.Topics) {
		t.Fatalf("topics: got %q, golang-jwt reads %q", p.Topics, topics)
	}
	for i, topic := range topics {
		if topic != p.Topics[i] {
			t.Fatalf("topics: got %q, golang-jwt reads %q", p.Topics, topics)
		}
	}
}

// FuzzVerifier_Token changes tokens: only the ones that were issued pass.
func FuzzVerifier_Token(f *testing.F) {
	// A fixed exp, so that inputs that were found mean the same in a later run.
	const payload = `{"sub":"alice","exp":253402300799,"scope":"dashboard","topics":["news"]}`
	issued := map[string]bool{}
	add := func(text string, genuine bool) {
		issued[text] = genuine
		f.Add(text)
	}
	add(forge(headerHS256, payload, byHMAC), true)
	add(forge(`{"alg":"HS256"}`, payload, by(jwt.SigningMethodHS256, []byte(secretText2))), true)
	for _, alg := range []string{"none", RS256, ES256, EdDSA} {
		add(forge(`{"alg":"`+alg+`","kid":"a","crit":[]}`, payload, byHMAC), false)
	}
	add("a.b.c", false)
	add("..", false)
	v := newVerifier(f, everyKey())
	f.Fuzz(func(t *testing.T, text string) {
		p, err := v.Verify(t.Context(), text)
		switch {
		case err == nil && !issued[text]:
			t.Fatalf("accepted a token that was not issued, as %q", p.User)
		case err != nil && issued[text]:
			t.Fatalf("refused a token that was issued: %v", err)
		case err != nil && Reason(err) == reasonOther:
			t.Fatalf("an error without a reason: %v", err)
		case err == nil && strings.HasPrefix(text, segment(headerHS256)+"."):
			agrees(t, text, &p)
		}
	})
}

// FuzzVerifier_Payload signs whatever comes: the claims' reader sees it all.
func FuzzVerifier_Payload(f *testing.F) {
	for _, s := range []string{
		`{"sub":"alice","exp":253402300799}`,
		`{"sub":"alice","exp":2.5e11,"nbf":0,"iat":1.5,"iss":"i","aud":["a","b"],"scope":["admin"],"topics":["a*"]}`,
		`{"\u0073ub":"a\"]}\\","exp":253402300799,"x":{"y":[1,{"z":"}"}]},"aud":"x"}`,
		`{"sub":"a","sub":"b"}`, `{}`, `[]`, `null`, `"`, ` { "sub" : "a" , "exp" : 2e11 } `,
	} {
		f.Add(s)
	}
	v := newVerifier(f, everyKey())
	f.Fuzz(func(t *testing.T, payload string) {
		text := forge(headerHS256, payload, byHMAC)
		p, err := v.Verify(t.Context(), text)
		if err == nil {
			agrees(t, text, &p)
		} else if Reason(err) == reasonOther || Reason(err) == "signature" {
			t.Fatalf("refused for %q: %v", Reason(err), err)
		}
	})
}

// FuzzMembers compares the walk over an object with encoding/json's.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{
		`{"a":1,"b":"x\"}","c":[{"a":[]}],"d":null}`, ` {"a" : -1.5e3 ,"b":{ } } `, `{"\u0061":[1]}`, `{}`, `[]`, `1`, ``,
		`{"a":"` + "\xff" + `","b":[ "x" , "y\\" ]}`, `{"a":"\ud800"}`, `{"a":true,"a":false}`,
	} {
		f.Add([]byte(s))
	}
	names := []string{"a", "b", "c"}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var values [3][]byte
		if members(doc, names, values[:]) != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(doc, &want); err != nil || want == nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		for i, name := range names {
			if !bytes.Equal(values[i], want[name]) {
				t.Fatalf("%s: got %q, encoding/json reads %q", name, values[i], want[name])
			}
			sameStrings(t, values[i])
		}
	})
}

func sameStrings(t *testing.T, value []byte) {
	t.Helper()
	if absent(value) {
		return
	}
	var got []string
	err := eachString(value, func(s []byte) error {
		got = append(got, string(s))
		return nil
	})
	var want []any
	if err != nil || json.Unmarshal(value, &want) != nil {
		return
	}
	if len(got) != len(want) {
		t.Fatalf("got %d elements, encoding/json reads %d", len(got), len(want))
	}
	for i, w := range want {
		if s, ok := w.(string); !ok || strings.ToValidUTF8(got[i], "\uFFFD") != s && !strings.Contains(s, "\uFFFD") {
			t.Fatalf("got %q, encoding/json reads %q", got[i], w)
		}
	}
}
