package redis

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseURL_ReadsAllParts(t *testing.T) {
	for _, tt := range []struct {
		url  string
		want location
	}{
		{"redis://localhost", location{addresses: []string{"localhost:6379"}}},
		{"redis://localhost:7000/", location{addresses: []string{"localhost:7000"}}},
		{"rediss://hub@redis.example/3", location{tls: true, addresses: []string{"redis.example:6379"}, username: "hub", db: 3}},
		{"redis://a,b:2,[::1]:3,[::2]", location{addresses: []string{"a:6379", "b:2", "[::1]:3", "[::2]:6379"}}},
		{"redis://s1:26379,s2:26379?master=my%20log", location{addresses: []string{"s1:26379", "s2:26379"}, master: "my log"}},
		{"redis://a%40b@h/0?master=m", location{addresses: []string{"h:6379"}, username: "a@b", master: "m"}},
	} {
		got, err := parseURL(tt.url)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("parseURL(%q) = %+v, %v, want %+v", tt.url, got, err, tt.want)
		}
	}
}

func TestParseURL_SaysWhatIsWrongAndNoSecret(t *testing.T) {
	for url, rule := range map[string]string{
		"":                          "redis:// or rediss://",
		"localhost:6379":            "redis:// or rediss://",
		"http://localhost":          "redis:// or rediss://",
		"redis://":                  "host",
		"redis://a,,b":              "host",
		"redis://a:0":               "port",
		"redis://a:x":               "port",
		"redis://a:1:2":             "host",
		"redis://a/x":               "not a number",
		"redis://a/-1":              "not a number",
		"redis://a?db=1":            `unknown setting "db"`,
		"redis://a?%zz":             "badly escaped",
		"redis://%zz@a":             "badly escaped",
		"redis://user:s3cret@a":     "put it into a file",
		"redis://:s3cret@a":         "put it into a file",
		"redis://user:s3@cret/x@a":  "put it into a file",
		"rediss://user:s3cret@a?b=": "",
	} {
		_, err := parseURL(url)
		if err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("parseURL(%q): %v, want %q", url, err, rule)
			continue
		}
		if strings.Contains(err.Error(), "s3") {
			t.Errorf("parseURL(%q) tells the password: %v", url, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"redis://a", "rediss://u@a:1,b:2/3?master=m", "redis://[::1]", "redis://a:1:2", "redis://u:p@h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		loc, err := parseURL(s)
		if err != nil {
			return
		}
		if len(loc.addresses) == 0 || loc.db < 0 {
			t.Fatalf("parseURL(%q) = %+v", s, loc)
		}
	})
}
