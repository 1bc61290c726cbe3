package mercure

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/hub/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustParse(tb testing.TB, text string) *Selector {
	tb.Helper()
	s, err := ParseSelector(text)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestSelector_Match(t *testing.T) {
	for _, tt := range []struct {
		selector string
		match    []string
		not      []string
	}{
		{"*", []string{"a", "https://example.com/books/1", "x y", "{id}"}, nil},
		{"https://example.com/books/1", []string{"https://example.com/books/1"}, []string{"https://example.com/books/10", "https://example.com/books/", "HTTPS://example.com/books/1", ""}},
		{"https://example.com/books/*", []string{"https://example.com/books/*"}, []string{"https://example.com/books/1"}}, // * is only special alone
		{"https://example.com/books/{id}", []string{
			"https://example.com/books/1", "https://example.com/books/a-b_c.d~e", "https://example.com/books/a%2Fb", "https://example.com/books/",
			"https://example.com/books/{id}",
		}, []string{
			"https://example.com/books/1/reviews", "https://example.com/books/a/b", "https://example.com/books/a?x", "https://example.org/books/1",
			"https://example.com/book/1", "xhttps://example.com/books/1", "https://example.com/books/a%2", "https://exampleXcom/books/1", "https://example.com/books/1\n",
		}},
		{"https://example.com/{+path}", []string{"https://example.com/a/b/c?d=e#f", "https://example.com/"}, []string{"https://example.net/a", "https://example.com/a b"}},
		{"https://example.com/users/foo/{?topic}", []string{
			"https://example.com/users/foo/?topic=https%3A%2F%2Fexample.com%2Fbooks%2F1", "https://example.com/users/foo/",
		}, []string{"https://example.com/users/bar/?topic=x", "https://example.com/users/foo/x", "https://example.com/users/foo/?topic=http://x"}},
		{"/a{/b,c}{#d}", []string{"/a/x/y#z", "/a", "/a/x"}, []string{"/ab", "/a//x y"}},
		{"{scheme}:{+rest}", []string{"urn:isbn:1", "http://x/y"}, []string{"no colon"}},
		{"broken/{id", []string{"broken/{id"}, []string{"broken/1", "broken/"}},
		{"broken/{}", []string{"broken/{}"}, []string{"broken/", "broken/x"}},
	} {
		s := mustParse(t, tt.selector)
		for _, topic := range tt.match {
			if !s.Match(topic) {
				t.Errorf("%q does not match %q", tt.selector, topic)
			}
			if !strings.HasPrefix(topic, s.Prefix()) {
				t.Errorf("%q matches %q, which does not begin with %q", tt.selector, topic, s.Prefix())
			}
		}
		for _, topic := range tt.not {
			if s.Match(topic) {
				t.Errorf("%q matches %q", tt.selector, topic)
			}
		}
	}
}

func TestParseSelector_Refuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":            "",
		"a long one":         strings.Repeat("x", MaxTopicLen+1),
		"a line break":       "a\nb",
		"a NUL":              "a\x00",
		"bad UTF-8":          "a\xff",
		"many expressions":   strings.Repeat("{a}", MaxVariables+1),
		"many variables":     "{" + strings.Repeat("a,", MaxVariables) + "a}",
		"many broken braces": strings.Repeat("{", MaxVariables+1),
	} {
		if _, err := ParseSelector(text); !errors.Is(err, ErrSelector) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	mustParse(t, strings.Repeat("x", MaxTopicLen))
	mustParse(t, strings.Repeat("{a}", MaxVariables))
}

// A hub with many subscribers of one template has it once, and not for longer than
// they are there.
func TestParseSelector_SharesTemplatesThatAreInUse(t *testing.T) {
	const text = "https://example.com/shared/{id}"
	func() {
		first := mustParse(t, text)
		if second := mustParse(t, text); first != second {
			t.Error("two selectors for one template")
		}
	}()
	for deadline := time.Now().Add(30 * time.Second); shared.find(text) != nil || kept() > 0; {
		if runtime.GC(); time.Now().After(deadline) {
			t.Fatalf("%d templates are kept that nobody uses", kept())
		}
		time.Sleep(time.Millisecond)
	}
}

func record(public bool, topics ...string) *engine.Record {
	r := &engine.Record{Public: public}
	for _, topic := range topics {
		r.To = append(r.To, engine.Topic(topic))
	}
	return r
}

func TestSelection_Wants(t *testing.T) {
	both := record(false, "https://e/books/1", "https://e/users/1/?topic=https%3A%2F%2Fe%2Fbooks%2F1")
	everyone := &engine.Record{To: []engine.Address{engine.All, engine.User("https://e/books/1")}, Public: true}
	for _, tt := range []struct {
		name      string
		selectors []string
		grants    []string
		rec       *engine.Record
		want      bool
	}{
		{"a public update of a topic", []string{"a", "b"}, nil, record(true, "b"), true},
		{"one of another topic", []string{"a", "b"}, []string{"*"}, record(true, "c"), false},
		{"an alternate topic", []string{"b"}, nil, record(true, "a", "b"), true},
		{"a private update without a grant", []string{"a"}, nil, record(false, "a"), false},
		{"a private update with a grant of another topic", []string{"*"}, []string{"b"}, record(false, "a"), false},
		{"a private update that is granted", []string{"*"}, []string{"a"}, record(false, "a"), true},
		{"a grant of everything", []string{"a"}, []string{"*"}, record(false, "a"), true},
		{"asked by one topic, granted by the other", []string{"https://e/books/{id}"}, []string{"https://e/users/1/{?topic}"}, both, true},
		{"granted to another user", []string{"https://e/books/{id}"}, []string{"https://e/users/2/{?topic}"}, both, false},
		{"granted and not asked for", []string{"https://e/films/{id}"}, []string{"*"}, both, false},
		{"what is not for topics", []string{"*", "https://e/books/1"}, []string{"*"}, everyone, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := NewSelection(tt.selectors, tt.grants)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second answer is remembered
				if got := s.Wants(tt.rec); got != tt.want {
					t.Errorf("got %v", got)
				}
			}
		})
	}
}

func TestNewSelection_SortsAndKeepsEachOnce(t *testing.T) {
	s, err := NewSelection([]string{"a", "{b}", "a", "*", "{b}", "{"}, nil)
	if err != nil || len(s.Topics) != 2 || len(s.Patterns) != 2 || strings.Join(s.Texts(), " ") != "a { {b} *" {
		t.Errorf("got %+v, %v", s, err)
	}
	for _, bad := range [][2][]string{{{"a", ""}, nil}, {{"a"}, {"\n"}}} {
		if _, err := NewSelection(bad[0], bad[1]); !errors.Is(err, ErrSelector) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func FuzzParseSelector(f *testing.F) {
	for _, seed := range []string{"*", "a", "https://e/{id}", "{+x}", "{?a,b}", "{;x*}", "{x:300}", "{a}{b}", "{", "}{", "a{é}", "{a%20}", "http://e/{&y}"} {
		f.Add(seed, "https://e/1")
	}
	f.Fuzz(func(t *testing.T, text, topic string) {
		s, err := ParseSelector(text)
		if err != nil {
			return
		}
		if !s.Match(text) {
			t.Errorf("%q does not match itself", text)
		}
		if s.Match(topic) && topic != text && (s.Exact() || !strings.HasPrefix(topic, s.Prefix())) {
			t.Errorf("%q matches %q (prefix %q, exact %v)", text, topic, s.Prefix(), s.Exact())
		}
	})
}

func BenchmarkSelector_Match(b *testing.B) {
	s := mustParse(b, "https://example.com/users/{id}/books/{+rest}")
	b.ReportAllocs()
	for b.Loop() {
		s.Match("https://example.com/users/4711/books/by/author")
	}
}

// kept is how many templates are remembered.
func kept() int {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	return len(shared.selectors)
}
