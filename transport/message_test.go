package transport

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/sse"
)

func TestMessageDecoder_Decode(t *testing.T) {
	d := messageDecoder{maxData: 1000}
	m, err := d.decode([]byte(` { "to" : [ "user/a", "topic/b/c", "connection/x" , "all","user/a" ] ,
		"event":"notific\u0061tion", "data" : { "a" : [ 1 , "x\ny" ] }, "key":"k", "except":"c9",
		"slow":"gap", "ttl": 1.5 , "transient": true } `))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := m.record(time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	want := engine.Record{
		To:   []engine.Address{"user/a", "topic/b/c", "connection/x", "all"},
		Name: "notification", Body: []byte("event: notification\ndata: {\"a\":[1,\"x\\ny\"]}\n\n"),
		Key: "k", Except: "c9", Slow: engine.SlowGap, TTL: 1500 * time.Millisecond, Transient: true, Time: time.Unix(1, 0),
	}
	if got, want := fmt.Sprintf("%+v", *rec), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMessageDecoder_Defaults(t *testing.T) {
	d := messageDecoder{maxData: 1000}
	for _, text := range []string{
		`{"data":null,"to":"all"}`, `{"to":"all","data":null,"event":"message"}`, `{"to":"all","data":null,"event":"","transient":false}`,
	} {
		m, err := d.decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		rec, err := m.record(time.Time{})
		if err != nil || rec.Name != "" || string(rec.Body) != "data: null\n\n" || rec.TTL != 0 || rec.Slow != engine.SlowDefault || rec.Transient {
			t.Errorf("%s: got %+v, %v", text, rec, err)
		}
	}
}

func TestMessageDecoder_Refuses(t *testing.T) {
	d := messageDecoder{maxData: 100}
	f := func(text, code, field string) {
		t.Helper()
		_, err := d.decode([]byte(text))
		var p *problem
		if !errors.As(err, &p) {
			t.Errorf("%.80q: got %v", text, err)
			return
		}
		if p.code != code || p.field != field {
			t.Errorf("%.80q: got %s %q, want %s %q", text, p.code, p.field, code, field)
		}
	}
	with := func(member string) string { return `{"to":"all","data":1,` + member + `}` }

	f(``, "invalid_json", "")
	f(`[]`, "invalid_json", "")
	f(`"x"`, "invalid_json", "")
	f(`{"to":"all","data":1}{}`, "invalid_json", "")
	f(`{"to":"all","data":1,}`, "invalid_json", "")
	f(`{}`, "missing_field", "to")
	f(`{"to":"all"}`, "missing_field", "data")
	f(with(`"To":"all"`), "unknown_field", "To")
	f(with(`"id":"7"`), "unknown_field", "id")
	f(with(`"retry":1`), "unknown_field", "retry")
	f(with(`"`+strings.Repeat("é", 1000)+`":1`), "unknown_field", strings.Repeat("é", 32)+"...")
	f(with(`"to":"all"`), "duplicate_field", "to")
	f(with(`"\u0074o":"all"`), "duplicate_field", "to")
	f(with(`"data":1`), "duplicate_field", "data")

	f(`{"to":1,"data":1}`, "invalid_type", "to")
	f(`{"to":null,"data":1}`, "invalid_type", "to")
	f(`{"to":[],"data":1}`, "invalid_address", "to")
	f(`{"to":[["all"]],"data":1}`, "invalid_type", "to")
	for _, to := range []string{
		"", "user", "user/", "users/a", "ALL", "all/", "topic/*", "topic/a,b", `user/a\u0000b`, `user/a\nb`,
		"user/" + strings.Repeat("a", 257), "$SYS/x", "_INBOX/x",
	} {
		f(`{"to":"`+to+`","data":1}`, "invalid_address", "to")
	}
	addresses := make([]string, 101)
	for i := range addresses {
		addresses[i] = fmt.Sprintf(`"user/%d"`, i)
	}
	f(`{"to":[`+strings.Join(addresses, ",")+`],"data":1}`, "too_many_addresses", "to")

	for _, event := range []string{`a\nb`, `a\rb`, `a\r\nb`, `a\u0000b`, strings.Repeat("e", 129)} {
		f(with(`"event":"`+event+`"`), "invalid_event", "event")
	}
	for _, event := range []string{"connected", "ping", "gap", "reconnect", "error", "open", "hub.x", `g\u0061p`} {
		f(with(`"event":"`+event+`"`), "reserved_event", "event")
	}
	f(with("\"event\":\"\xff\""), "invalid_utf8", "event")
	f(with(`"event":"\ud800"`), "invalid_utf8", "event")
	f(with(`"event":7`), "invalid_type", "event")
	f("{\"to\":\"all\",\"data\":\"\xff\"}", "invalid_utf8", "data")
	f(`{"to":"all","data":`+strings.Repeat("[", 1e5), "json_too_deep", "data")
	f(`{"to":"all","data":"`+strings.Repeat("a", 99)+`"}`, "data_too_large", "data")
	f(`{"to":"all","data":01}`, "invalid_json", "")
	f(`{"to":"all","data":{"a":}}`, "invalid_json", "data")

	for _, ttl := range []string{"0", "-1", "86400.1", "1e9", `"5"`, "null", "1e999", "01"} {
		f(with(`"ttl":`+ttl), "invalid_ttl", "ttl")
	}
	f(with(`"transient":1`), "invalid_type", "transient")
	f(with(`"transient":"true"`), "invalid_type", "transient")
	f(with(`"transient":tru`), "invalid_json", "transient")
	f(with(`"slow":"drop"`), "invalid_slow", "slow")
	f(with(`"key":""`), "invalid_key", "key")
	f(with(`"key":"a\nb"`), "invalid_key", "key")
	f(with(`"except":"`+strings.Repeat("c", 257)+`"`), "invalid_except", "except")
}

// FuzzMessage feeds the decoder anything. What it accepts must become exactly one
// event, with the data that the standard library reads from the same text.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"to":"all","event":"e","data":{"a":[1,null,"\n"]},"ttl":5}`))
	f.Add([]byte(`{"to":["user/a","topic/b"],"data":"\ud83d\ude00","key":"k","slow":"gap","transient":true}`))
	f.Add([]byte(`{"data":1,"to":"connection/1","except":"2"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		d := messageDecoder{maxData: 1 << 16}
		m, err := d.decode(in)
		if err != nil {
			var p *problem
			if !errors.As(err, &p) || p.status < 400 || !json.Valid(p.json()) {
				t.Fatalf("%q: %v", in, err)
			}
			return
		}
		rec, err := m.record(time.Time{})
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		ev, err := sse.NewDecoder(strings.NewReader(string(rec.Body)), 1<<20).Next()
		if err != nil {
			t.Fatalf("%q: body %q: %v", in, rec.Body, err)
		}
		var std struct{ Data json.RawMessage }
		if err := json.Unmarshal(in, &std); err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		if n := strings.Count(string(rec.Body), "\n\n"); n != 1 || ev.Name != rec.Name || !json.Valid(ev.Data) {
			t.Fatalf("%q became %q", in, rec.Body)
		}
	})
}

func BenchmarkMessage(b *testing.B) {
	text := []byte(`{"to":"user/alice","event":"notification","data":{"title":"Your report is ready","body":"` +
		strings.Repeat("x", 150) + `","n":12345}}`)
	d := messageDecoder{maxData: 64 << 10}
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		m, err := d.decode(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := m.record(now); err != nil {
			b.Fatal(err)
		}
	}
}
