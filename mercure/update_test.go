package mercure

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
)

func TestParseUpdate(t *testing.T) {
	for _, tt := range []struct {
		name string
		form string
		want Update
	}{
		{"a topic alone", "topic=a", Update{Topics: []string{"a"}}},
		{"everything", "topic=https%3A%2F%2Fe%2F1&topic=b&data=x+y%0Az&private=on&id=urn%3Auuid%3A1&type=changed&retry=500", Update{
			Topics: []string{"https://e/1", "b"}, Data: "x y\nz", Private: true, ID: "urn:uuid:1", Type: "changed", Retry: 500 * time.Millisecond,
		}},
		{"private counts by its presence", "topic=a&private", Update{Topics: []string{"a"}, Private: true}},
		{"private without a value", "topic=a&private=", Update{Topics: []string{"a"}, Private: true}},
		{"empty optional fields", "topic=a&id=&type=&retry=&data=", Update{Topics: []string{"a"}}},
		{"a topic again", "topic=a&topic=a&&", Update{Topics: []string{"a"}}},
		{"fields of others", "topic=a&target=x&targets%5B%5D=y", Update{Topics: []string{"a"}}},
		{"the type of events without one", "topic=a&type=message", Update{Topics: []string{"a"}}},
		{"no retry", "topic=a&retry=0", Update{Topics: []string{"a"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := ParseUpdate(tt.form); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestParseUpdate_Refuses(t *testing.T) {
	var many strings.Builder
	for i := range MaxTopics + 1 {
		many.WriteString("topic=t" + strings.Repeat("x", i) + "&")
	}
	for form, field := range map[string]string{
		"":                               "topic",
		"data=x":                         "topic",
		"topic=":                         "topic",
		"topic=a%0Ab":                    "topic",
		"topic=a%ff":                     "topic",
		"topic=a%2":                      "topic",
		"topic=%2F.well-known%2Fmercure": "topic",
		"topic=/.well-known/mercure/subscriptions/a/b": "topic",
		"topic=" + strings.Repeat("x", 1025):           "topic",
		many.String():                                  "topic",
		"topic=a&id=%23x":                              "id",
		"topic=a&id=earliest":                          "id",
		"topic=a&id=x%0Adata:+y":                       "id",
		"topic=a&id=x%0D":                              "id",
		"topic=a&id=x%00":                              "id",
		"topic=a&id=+x":                                "id",
		"topic=a&id=" + strings.Repeat("x", 257):       "id",
		"topic=a&id=x&id=y":                            "id",
		"topic=a&type=x%0D%0Ay":                        "type",
		"topic=a&type=x%00":                            "type",
		"topic=a&type=ping":                            "type",
		"topic=a&type=error":                           "type",
		"topic=a&type=" + strings.Repeat("x", 129):     "type",
		"topic=a&retry=-1":                             "retry",
		"topic=a&retry=1.5":                            "retry",
		"topic=a&retry=x":                              "retry",
		"topic=a&retry=1":                              "retry",
		"topic=a&retry=499":                            "retry",
		"topic=a&retry=3600001":                        "retry",
		"topic=a&retry=99999999999999999999":           "retry",
		"topic=a&data=x&data=y":                        "data",
		"topic=a&data=%zz":                             "data",
		"topic=a&%zz=x":                                "",
	} {
		_, err := ParseUpdate(form)
		var wrong *FieldError
		if !errors.As(err, &wrong) || wrong.Field != field || wrong.Rule == "" {
			t.Errorf("%.60q: got %v, want an error about %q", form, err, field)
		}
	}
}

func TestUpdate_Record(t *testing.T) {
	u := Update{Topics: []string{"a", "b,*"}, Data: "x\r\ny\rz\n", Private: true, ID: "own", Type: "t", Retry: time.Second}
	now := time.Now()
	rec, err := u.Record(now)
	if err != nil {
		t.Fatal(err)
	}
	want := &engine.Record{
		To: []engine.Address{"topic/a", "topic/b,*"}, Name: "t", ID: "own", Time: now,
		Body: []byte("event: t\nretry: 1000\ndata: x\ndata: y\ndata: z\ndata: \n\n"),
	}
	if !reflect.DeepEqual(rec, want) {
		t.Errorf("got %+v\nwant %+v", rec, want)
	}
	u.Private = false
	if rec, err := u.Record(now); err != nil || !rec.Public {
		t.Errorf("got %+v, %v, want a public record", rec, err)
	}
	if _, err := (&Update{Topics: []string{"a"}, Data: "\xff"}).Record(now); err == nil {
		t.Error("data that is not UTF-8 is taken")
	}
}

func TestUpdate_AllMatch(t *testing.T) {
	u := Update{Topics: []string{"https://e/1", "b"}}
	f := func(want bool, selectors ...string) {
		t.Helper()
		parsed, err := ParseSelectors(selectors)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.AllMatch(parsed); got != want {
			t.Errorf("%q: got %v", selectors, got)
		}
	}
	f(true, "*")
	f(true, "https://e/{id}", "b")
	f(false, "https://e/{id}")
	f(false, "b")
	f(false)
}

func TestParseEventID(t *testing.T) {
	f := func(text string, want EventID) {
		t.Helper()
		if got := ParseEventID(text); got != want {
			t.Errorf("%q: got %+v", text, got)
		}
	}
	f("earliest", EventID{Earliest: true})
	f(PositionID("e-17"), EventID{Position: "e-17"})
	f("e-17", EventID{Own: "e-17"})
	f("urn:uuid:1", EventID{Own: "urn:uuid:1"})
}

func FuzzParseUpdate(f *testing.F) {
	for _, seed := range []string{"topic=a", "topic=a&topic=b&data=x%0Ay&private&id=1&type=t&retry=5", "topic=%2F.well-known", "id=%23", "a=%", ";", "topic=a&id=\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, form string) {
		u, err := ParseUpdate(form)
		if err != nil {
			if wrong := (*FieldError)(nil); !errors.As(err, &wrong) {
				t.Errorf("got %v", err)
			}
			return
		}
		if values, err := url.ParseQuery(form); err == nil && (values.Get("id") != u.ID || values.Get("data") != u.Data || values.Has("private") != u.Private) {
			t.Errorf("got %+v, the standard library reads %v", u, values)
		}
		rec, err := u.Record(time.Time{})
		if err != nil {
			return // data that is not UTF-8
		}
		if strings.ContainsAny(u.ID+u.Type, "\r\n\x00") || !strings.HasSuffix(string(rec.Body), "\n\n") || strings.Count(string(rec.Body), "\n\n") != 1 {
			t.Errorf("a record that breaks its frame: %+v", rec)
		}
		for _, topic := range u.Topics {
			if err := ValidTopic(topic); err != nil {
				t.Error(err)
			}
		}
	})
}
