package transport

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// The headers of a whole CloudEvent in binary mode, less its Content-Type.
var cloudHeaders = []string{"ce-specversion: 1.0", "ce-id: 1", "ce-source: /orders", "ce-type: n"}

// cloud posts a CloudEvent in structured mode.
func (h *testHub) cloud(event string, headers ...string) *response {
	h.tb.Helper()
	return h.ask("POST", "/api/messages", event,
		append([]string{apiKeyHeader(publishKey), "Content-Type: " + contentCloudEvent}, headers...)...)
}

// cloudBinary posts one in binary mode.
func (h *testHub) cloudBinary(contentType, data string, headers ...string) *response {
	h.tb.Helper()
	all := append([]string{apiKeyHeader(publishKey)}, headers...)
	if contentType != "" {
		all = append(all, "Content-Type: "+contentType)
	}
	return h.ask("POST", "/api/messages", data, append(all, cloudHeaders...)...)
}

func TestCloudEvent_StructuredReachesTheUser(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice"))
	n := 0
	f := func(members, want string) {
		t.Helper()
		n++
		id := string(rune('a' + n))
		out := h.cloud(`{"specversion":"1.0","id":"` + id + `","source":"/s","type":"n",` + members + `}`).outcome(t)
		if out.Connections != 1 {
			t.Fatalf("%s: %+v", members, out)
		}
		if ev := r.until("n"); string(ev.Data) != want {
			t.Errorf("%s: got %s, want %s", members, ev.Data, want)
		}
	}
	f(`"to":"user/alice","data":{"a": 1}`, `{"a":1}`)
	f(`"subject":"user/alice","data":[1]`, `[1]`)
	f(`"to":"[\"user/alice\",\"user/bob\"]","data":1`, `1`)
	f(`"subject":"order 7","to":"user/alice","data":2`, `2`)
	f(`"to":"user/alice"`, `null`)
	f(`"to":"user/alice","data":null`, `null`)
	f(`"to":"user/alice","datacontenttype":"text/plain","data":"hi"`, `"hi"`)
	f(`"to":"user/alice","datacontenttype":"application/json","data_base64":"eyAiYSI6IDEgfQ=="`, `{"a":1}`)
	f(`"to":"user/alice","datacontenttype":"text/plain; charset=UTF-8","data_base64":"aGnDqQ=="`, `"hié"`)
	f(`"to":"user/alice","data_base64":"/w=="`, `"/w=="`)
	f(`"to":"user/alice","datacontenttype":"application/octet-stream","data_base64":"/wA="`, `"/wA="`)
	f(`"to":"user/alice","ttl":60,"transient":false,"key":"k","slow":"gap","data":3`, `3`)
	f(`"to":"user/alice","ttl":"60","transient":"true","data":4`, `4`)
	f(`"to":"user/alice","dataschema":"http://example.org/s","time":"2026-01-02T03:04:05.6Z","other":true,"data":5`, `5`)
	f(`"to":"user/alice","subject":null,"data":6`, `6`)
}

func TestCloudEvent_BinaryReachesTheUser(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("Zoë 山"))
	n := 0
	f := func(contentType, data, to, want string) {
		t.Helper()
		n++
		h.cloudBinary(contentType, data, "ce-to: "+to, "Idempotency-Key: "+string(rune('a'+n))).outcome(t)
		if ev := r.until("n"); string(ev.Data) != want {
			t.Errorf("%s: got %s, want %s", contentType, ev.Data, want)
		}
	}
	f("application/json", `{"to": "a field of the data"}`, "user/Zo%C3%AB%20%E5%B1%B1", `{"to":"a field of the data"}`)
	f("application/json", `1`, `"user/Zo%C3%AB \%E5%B1%B1"`, `1`)
	f("application/vnd.x+json; charset=utf-8", `2`, "all", `2`)
	f("text/plain", "a\nb", "[%22all%22]", `"a\u000ab"`)
	f("application/xml", "<a/>", "all", `"<a/>"`)
	f("image/png", "\xff\x00", "all", `"/wA="`)
	f("", "", "all", `null`)
}

func TestCloudEvent_RepeatedIsSentOnce(t *testing.T) {
	h := newTestHub(t)
	event := func(id, source string) string {
		return `{"specversion":"1.0","id":"` + id + `","source":"` + source + `","type":"n","to":"all","data":1}`
	}
	first := h.cloud(event("1", "/a")).outcome(t)
	if again := h.cloud(event("1", "/a")).outcome(t); !again.Duplicate || again.ID != first.ID {
		t.Errorf("first %+v, again %+v", first, again)
	}
	for _, other := range []string{event("2", "/a"), event("1", "/b"), event("a1", "/")} {
		if out := h.cloud(other).outcome(t); out.Duplicate {
			t.Errorf("%s is a duplicate", other)
		}
	}
	// It is the same event in any mode.
	h.cloudBinary("application/json", "1", "ce-to: all").outcome(t)
	if out := h.cloud(event("1", "/orders")).outcome(t); !out.Duplicate {
		t.Error("not the same in structured mode")
	}
	// The header stands instead of source and id.
	if out := h.cloud(event("1", "/a"), "Idempotency-Key: k").outcome(t); out.Duplicate {
		t.Error("the header does not count")
	}
	if out := h.cloud(event("9", "/a"), "Idempotency-Key: k").outcome(t); !out.Duplicate {
		t.Error("the header does not count")
	}
}

func TestCloudEvent_Batch(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.MaxBatch = 3 })
	post := func(body string) *response {
		return h.ask("POST", "/api/messages", body, apiKeyHeader(publishKey), "Content-Type: "+contentCloudBatch)
	}
	const good = `{"specversion":"1.0","id":"1","source":"/a","type":"n","to":"all","data":1}`
	r := post("[" + good + ", {\"specversion\":\"1.0\"} ," + good + "]")
	r.want(t, 202, "")
	var got []outcome
	for line := range strings.Lines(r.body) {
		var out outcome
		h.check(json.Unmarshal([]byte(line), &out))
		got = append(got, out)
	}
	if len(got) != 3 || got[0].ID == "" || got[1].Error.Field != "id" || got[1].Line != 2 || !got[2].Duplicate {
		t.Errorf("got %s", r.body)
	}
	if r := post("[]"); r.status() != 202 || r.body != "" {
		t.Errorf("an empty batch: %d %s", r.status(), r.body)
	}
	post(`[{"specversion":"1.0"}]`).want(t, 400, "missing_field")
	post("["+good+"").want(t, 400, "invalid_json")
	post(good).want(t, 400, "invalid_json")
	post("["+strings.Repeat(good+",", 3)+good+"]").want(t, 413, "batch_too_large")
}

func TestCloudEvent_RefusalsNameTheAttribute(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.MaxData = 100 })
	attributes := map[string]any{"specversion": "1.0", "id": "1", "source": "/a", "type": "n", "to": "all", "data": 1}
	f := func(code, field, name string, value any) {
		t.Helper()
		event := make(map[string]any)
		maps.Copy(event, attributes)
		event[name] = value
		if value == nil {
			delete(event, name)
		}
		body, err := json.Marshal(event)
		h.check(err)
		r := h.cloud(string(body))
		var out outcome
		h.check(json.Unmarshal([]byte(r.body), &out))
		if out.Error.Code != code || out.Error.Field != field {
			t.Errorf("%s: got %d %s, want %s of %s", body, r.status(), r.body, code, field)
		}
	}
	for _, name := range []string{"specversion", "id", "source", "type"} {
		f("missing_field", name, name, nil)
		f("missing_field", name, name, "")
		f("invalid_type", name, name, map[string]any{})
	}
	f("missing_field", "to", "to", nil)
	f("invalid_address", "to", "to", "alice")
	f("invalid_address", "to", "to", "[]")
	f("invalid_type", "to", "to", []string{"all"})
	f("invalid_cloudevent", "specversion", "specversion", "0.3")
	f("invalid_cloudevent", "source", "source", "%zz")
	f("invalid_cloudevent", "dataschema", "dataschema", "relative")
	f("invalid_cloudevent", "time", "time", "yesterday")
	f("reserved_event", "type", "type", "ping")
	f("invalid_event", "type", "type", "a\nb")
	f("invalid_ttl", "ttl", "ttl", "soon")
	f("invalid_ttl", "ttl", "ttl", -1)
	f("invalid_cloudevent", "ttl", "ttl", "1 2")
	f("invalid_type", "transient", "transient", "yes")
	f("invalid_slow", "slow", "slow", "never")
	f("invalid_cloudevent", "Upper", "Upper", "x")
	f("duplicate_field", "data_base64", "data_base64", "AA==")
	f("data_too_large", "data", "data", strings.Repeat("a", 200))

	attributes = map[string]any{"specversion": "1.0", "id": "1", "source": "/a", "type": "n", "subject": "all"}
	f("invalid_address", "subject", "subject", "order 7")
	attributes["data_base64"] = "AA=="
	f("invalid_cloudevent", "datacontenttype", "datacontenttype", "text")
	attributes["datacontenttype"] = "text/plain"
	f("invalid_cloudevent", "data_base64", "data_base64", "A")
	f("invalid_utf8", "data", "data_base64", "/wA=")
	attributes["datacontenttype"] = "application/json"
	f("invalid_json", "data", "data_base64", "ew==")
}

func TestCloudEvent_BinaryRefusals(t *testing.T) {
	h := newTestHub(t)
	h.cloudBinary("application/json", "1", "ce-to: all", "ce-id: 2").want(t, 400, "duplicate_field")
	h.cloudBinary("application/json", "1", "ce-to: user/%").want(t, 400, "invalid_cloudevent")
	h.cloudBinary("application/json", "1", "ce-to: user/%FF").want(t, 400, "invalid_utf8")
	h.cloudBinary("application/json", "1", "ce-to: all", "ce-my-name: x").want(t, 400, "invalid_cloudevent")
	h.cloudBinary("application/json", "1", "ce-to: all", "ce-datacontenttype: text/plain").want(t, 400, "invalid_cloudevent")
	h.cloudBinary("", "1", "ce-to: all").want(t, 415, "unsupported_media_type")
	h.cloudBinary("application/cloudevents+xml", "1", "ce-to: all").want(t, 415, "unsupported_media_type")
	// One attribute in a header is enough to be read as an event.
	h.post(`{"to":"all","data":1}`, "ce-id: 1").want(t, 400, "missing_field")
}

func FuzzCloudEvent(f *testing.F) {
	f.Add(`{"specversion":"1.0","id":"1","source":"/a","type":"n","to":"all","data":{"a":1}}`, "application/json", "user/a")
	f.Add(`{"specversion":"1.0","id":"1","source":"/a","type":"n","to":"[\"all\"]","data_base64":"AA=="}`, "text/plain", "[%22all%22]")
	f.Add(`[{"ttl":1,"transient":"true"},{}]`, "image/png", `"a\"b"`)
	f.Fuzz(func(t *testing.T, body, contentType, to string) {
		var h fasthttp.RequestHeader
		h.Set("ce-specversion", "1.0")
		h.Set("ce-id", "1")
		h.Set("ce-source", "/s")
		h.Set("ce-type", "n")
		h.Set("ce-to", to)
		h.SetContentType(contentType)
		events, err := splitCloudBatch([]byte(body), 10)
		if err == nil && len(events) > 10 {
			t.Fatalf("%d events", len(events))
		}
		for _, how := range []form{formCloudBinary, formCloudJSON} {
			ev, err := readCloudEvent(&posted{form: how, h: &h}, []byte(body))
			if err != nil {
				continue
			}
			d := messageDecoder{maxData: 1 << 20}
			m, err := d.fromCloudEvent(&ev)
			if err != nil {
				continue
			}
			if len(m.to) == 0 || !json.Valid(m.data) || strings.ContainsAny(string(m.data), "\r\n") || len(ev.key()) != 46 {
				t.Fatalf("accepted %q as %+v", body, m)
			}
		}
	})
}
