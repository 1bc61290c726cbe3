package transport

import (
	"bufio"
	"errors"
	"regexp"
	"strings"
	"testing"

	"example.org/hub/engine"
)

const traceOfTests = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestTraceparent_IsValidOrIgnored(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := traceparent([]byte(text)); got != want {
			t.Errorf("traceparent(%q) = %q, want %q", text, got, want)
		}
	}
	f(traceOfTests, traceOfTests)
	f(strings.Replace(traceOfTests, "-01", "-ff", 1), strings.Replace(traceOfTests, "-01", "-ff", 1))
	f("cc"+traceOfTests[2:], traceOfTests)
	f("cc"+traceOfTests[2:]+"-more", traceOfTests)
	f("cc"+traceOfTests[2:53]+"fe", traceOfTests[:53]+"00")
	for _, bad := range []string{
		"", "x", traceOfTests[:54], traceOfTests + "-", traceOfTests + "0", "cc" + traceOfTests[2:] + "more", "ff" + traceOfTests[2:],
		strings.ToUpper(traceOfTests), strings.ReplaceAll(traceOfTests, "-", "_"), "0g" + traceOfTests[2:],
		"00-" + strings.Repeat("0", 32) + traceOfTests[35:], traceOfTests[:36] + strings.Repeat("0", 16) + "-01",
		traceOfTests[:53] + "0\n",
	} {
		f(bad, "")
	}
}

func FuzzTraceparent(f *testing.F) {
	f.Add(traceOfTests)
	f.Add("cc" + traceOfTests[2:] + "-more")
	f.Fuzz(func(t *testing.T, text string) {
		got := traceparent([]byte(text))
		if got == "" {
			return
		}
		if again := traceparent([]byte(got)); again != got || len(got) != traceparentLen || got[3:52] != text[3:52] || strings.ContainsAny(got, "\r\n: ") {
			t.Fatalf("%q became %q, then %q", text, got, again)
		}
	})
}

// block publishes and returns the event's block as it comes out of a replay, its id
// left out.
func (h *testHub) block(body string, headers ...string) string {
	h.tb.Helper()
	out := h.ask("POST", "/api/messages", body, append(headers, apiKeyHeader(publishKey))...).outcome(h.tb)
	pos, err := engine.ParsePosition(out.ID)
	h.check(err)
	pos.Seq--
	r := h.openRaw(request("GET", "/api/sse?lastEventId="+pos.String(), "", h.bearer("alice")))
	defer r.close()
	lines := bufio.NewScanner(r.resp.Body)
	var block strings.Builder
	for lines.Scan() {
		switch line := lines.Text(); line {
		case "id: " + out.ID:
			block.Reset()
		case "data: 1":
			return block.String()
		default:
			block.WriteString(line + "\n")
		}
	}
	h.tb.Fatalf("no event: %v", lines.Err())
	return ""
}

func TestTraceparent_GoesWithTheEvent(t *testing.T) {
	const plain, comment = "event: n\n", ": traceparent=" + traceOfTests + "\n"
	const message = `{"to":"all","event":"n","data":1}`
	event := `{"specversion":"1.0","id":"1","source":"/a","type":"n","to":"all","data":1,"traceparent":"` + traceOfTests + `"}`
	contentType, header := "Content-Type: "+contentJSON, "Traceparent: "+traceOfTests
	on := newTestHub(t, func(o *options) { o.TraceEvents = true })
	off := newTestHub(t)
	f := func(h *testHub, want, body string, headers ...string) {
		t.Helper()
		if got := h.block(body, headers...); got != want {
			t.Errorf("%s %q: got %q, want %q", body, headers, got, want)
		}
	}
	f(on, comment+plain, message, contentType, header)
	f(on, plain, message, contentType)
	f(on, plain, message, contentType, header+"x")
	f(on, plain, message, contentType, header, header) // more than one is none
	f(off, plain, message, contentType, header)
	// The event's own comes before that of the request.
	other := "Traceparent: " + strings.Replace(traceOfTests, "4", "5", 1)
	f(on, comment+plain, event, "Content-Type: "+contentCloudEvent, other)
}

func TestTraceparent_IsInTheLogs(t *testing.T) {
	h := newTestHub(t)
	h.post(`{}`, "Traceparent: "+traceOfTests).want(t, 400, "missing_field")
	if !strings.Contains(h.logs.String(), traceOfTests) {
		t.Error("a refused message is not in the log")
	}
	h.engine.fail(errors.New("unforeseen"))
	h.post(`{"to":"all","data":1}`, "Traceparent: "+strings.Replace(traceOfTests, "4", "5", 1)).want(t, 500, "internal")
	if !regexp.MustCompile(`"level":"ERROR","msg":"request failed","path":"/api/messages","request_id":"[A-Z2-7]{26}","traceparent":"00-5`).MatchString(h.logs.String()) {
		t.Errorf("not in the log:\n%s", h.logs)
	}
}
