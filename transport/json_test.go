package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestJSONReader_Compact(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		r := jsonReader{src: []byte(in)}
		got, err := r.compact([]byte("before"))
		if err == nil {
			err = r.end()
		}
		if err != nil || string(got) != "before"+want {
			t.Errorf("compact(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	f(`null`, `null`)
	f(" \t\r\n true \n", `true`)
	f(`{ "a" : [ 1 , 2.50e+3 , "x y" ] ,"b":{ } , "c":[ ]}`, `{"a":[1,2.50e+3,"x y"],"b":{},"c":[]}`)
	f(`"line\nbreak \u2028 é"`, `"line\nbreak \u2028 é"`)
	f(`-0`, `-0`)
	f(`1e999`, `1e999`)
	f(strings.Repeat("[", maxJSONDepth)+strings.Repeat("]", maxJSONDepth),
		strings.Repeat("[", maxJSONDepth)+strings.Repeat("]", maxJSONDepth))
}

func TestJSONReader_CompactRefuses(t *testing.T) {
	f := func(in string, want error) {
		t.Helper()
		r := jsonReader{src: []byte(in)}
		_, err := r.compact(nil)
		if err == nil {
			err = r.end()
		}
		if !errors.Is(err, want) {
			t.Errorf("compact(%q): %v; want %v", in, err, want)
		}
	}
	for _, in := range []string{"", " ", "[", `[1`, `{"a"`, `{"a":`, `"abc`, `"abc\`, "tru", `{"a":1,`} {
		f(in, errJSONEnd)
	}
	for _, in := range []string{
		"[1,]", "{,}", `{"a":1,}`, `{a:1}`, `{"a" 1}`, "[1 2]", "1.", ".5", "+1", "1e", "--1", "nul1", "NaN", "'a'",
		"\"a\nb\"", "\"a\x00\"", `"\x41"`, `"\u12g4"`, `"\u123`, "]", "[}", "\ufeff1", "tRUE",
	} {
		f(in, errJSONSyntax)
	}
	f("1 2", errJSONTrailing)
	f("01", errJSONTrailing)
	f(`{}{}`, errJSONTrailing)
	f("\"\xff\"", errJSONUTF8)
	f("{\"\xc3\":1}", errJSONUTF8)
	f(strings.Repeat("[", 1e5), errJSONDepth)
	f(strings.Repeat(`{"a":`, 1e5), errJSONDepth)
}

func TestJSONReader_Str(t *testing.T) {
	f := func(in, want string, wantErr error) {
		t.Helper()
		r := jsonReader{src: []byte(in)}
		got, err := r.str()
		if string(got) != want || !errors.Is(err, wantErr) {
			t.Errorf("str(%q) = %q, %v; want %q, %v", in, got, err, want, wantErr)
		}
	}
	f(`"plain"`, "plain", nil)
	f(`"\"\\\/\b\f\n\r\t\u0041"`, "\"\\/\b\f\n\r\tA", nil)
	f(`"\ud83d\ude00"`, "😀", nil)
	f(`"\ud83d"`, "", errJSONSurrogate)
	f(`"\ud83d\u0041"`, "", errJSONSurrogate)
	f(`"\ud83d\ud83d"`, "", errJSONSurrogate)
	f(`"\ude00"`, "", errJSONSurrogate)
}

// FuzzJSON holds the reader against the standard library's: what is accepted
// here is valid there and has the same compact form, and what is valid there is
// refused here only for the rules that we add.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2,{"b":null}],"c":"d\n"}`, `"\ud83d\ude00"`, "-1.5e-3", "[[[]]]", "{} ", "\"\xff\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := jsonReader{src: in}
		got, err := r.compact(nil)
		if err == nil {
			err = r.end()
		}
		ours := errors.Is(err, errJSONUTF8) || errors.Is(err, errJSONDepth)
		if (err == nil) != json.Valid(in) && !ours {
			t.Fatalf("%q: %v, but valid is %v", in, err, json.Valid(in))
		}
		if err != nil {
			return
		}
		var want bytes.Buffer
		if err := json.Compact(&want, in); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) || !utf8.Valid(got) || bytes.ContainsAny(got, "\r\n") {
			t.Fatalf("%q: got %q, want %q", in, got, want.Bytes())
		}
	})
}
