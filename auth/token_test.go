package auth

import (
	"errors"
	"strings"
	"testing"
)

func TestParseToken_RefusesWhatIsNoToken(t *testing.T) {
	v := newVerifier(t, everyKey())
	good := forge(headerHS256, claimsWith(""), byHMAC)
	signed, signature := good[:strings.LastIndexByte(good, '.')], good[strings.LastIndexByte(good, '.')+1:]
	withKid := func(kid string) string { return forge(`{"alg":"HS256","kid":`+kid+`}`, claimsWith(""), byHMAC) }
	for _, tt := range []struct {
		name, token string
		want        error
	}{
		{"nothing", "", ErrMissing},
		{"a word", "hello", ErrMalformed},
		{"dots", "..", ErrMalformed},
		{"two parts", signed, ErrMalformed},
		{"four parts", good + ".AAAA", ErrMalformed},
		{"five parts, as of a JWE", good + ".AAAA.AAAA", ErrMalformed},
		{"a header that is not JSON", forge(`alg`, claimsWith(""), byHMAC), ErrMalformed},
		{"a header that is an array", forge(`["alg"]`, claimsWith(""), byHMAC), ErrMalformed},
		{"an empty header", forge(``, claimsWith(""), byHMAC), ErrMalformed},
		{"no alg", forge(`{"typ":"JWT"}`, claimsWith(""), byHMAC), ErrMalformed},
		{"alg null", forge(`{"alg":null}`, claimsWith(""), byHMAC), ErrMalformed},
		{"a crit that is not known", forge(`{"alg":"HS256","crit":["b64"],"b64":false}`, claimsWith(""), byHMAC), ErrMalformed},
		{"an empty crit", forge(`{"alg":"HS256","crit":[]}`, claimsWith(""), byHMAC), ErrMalformed},
		{"crit null", forge(`{"alg":"HS256","crit":null}`, claimsWith(""), byHMAC), ErrMalformed},
		{"crit in escapes", forge(`{"alg":"HS256","\u0063rit":["b64"]}`, claimsWith(""), byHMAC), ErrMalformed},
		{"kid is a number", withKid(`7`), ErrMalformed},
		{"kid is an object", withKid(`{}`), ErrMalformed},
		{"kid given twice", withKid(`"a","kid":"b"`), ErrMalformed},
		{"kid of 129 bytes", withKid(`"` + strings.Repeat("k", 129) + `"`), ErrMalformed},
		{"kid of 1 MB", withKid(`"` + strings.Repeat("k", 1<<20) + `"`), ErrMalformed},
		{"over 8 KiB", forge(headerHS256, claimsWith(`"x":"`+strings.Repeat("x", 8<<10)+`"`), byHMAC), ErrMalformed},
		{"standard base64", signed + "." + strings.Repeat("+/", 21) + "A", ErrMalformed},
		{"padding", good + "=", ErrMalformed},
		{"a line break at the end", good + "\n", ErrMalformed},
		{"a line break in the signature", signed + "." + signature[:20] + "\n" + signature[20:], ErrMalformed},
		{"a carriage return in the header", good[:4] + "\r" + good[4:], ErrMalformed},
		{"a space", good + " ", ErrMalformed},
		{"a scheme", "Bearer " + good, ErrMalformed},
		{"NUL", good + "\x00", ErrMalformed},
		{"other unused bits in the last character", signed + "." + signature[:42] + flip(signature[42]), ErrMalformed},
		{"a changed signature", signed + "." + flip(signature[0]) + signature[1:], ErrSignature},
		{"a changed payload", good[:len(signed)-1] + flip(good[len(signed)-1]) + "." + signature, nil},
		{"deep nesting", forge(strings.Repeat("[", 3000), claimsWith(""), byHMAC), ErrMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), tt.token)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			checkSilent(t, err, tt.token, secretText)
		})
	}
}

// flip returns the base64url character that differs from c in the lowest bit.
func flip(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	i := strings.IndexByte(alphabet, c) ^ 1
	return alphabet[i : i+1]
}

// Keys of files have no kid, so that whatever an issuer puts there is no path,
// query or address to anything.
func TestParseToken_KidIsOnlyEverCompared(t *testing.T) {
	v := newVerifier(t, everyKey())
	for _, kid := range []string{"../../dev/null", "' OR 1=1 --", "https://evil.example/key", `a\u0000b`, "", strings.Repeat("k", 128)} {
		if _, err := v.Verify(t.Context(), forge(`{"alg":"HS256","kid":"`+kid+`"}`, claimsWith(""), byHMAC)); err != nil {
			t.Errorf("kid %q: %v", kid, err)
		}
		foreign := forge(`{"alg":"HS256","kid":"`+kid+`"}`, claimsWith(""), byNone)
		if _, err := v.Verify(t.Context(), foreign); !errors.Is(err, ErrSignature) {
			t.Errorf("kid %q, unsigned: %v", kid, err)
		}
	}
}
