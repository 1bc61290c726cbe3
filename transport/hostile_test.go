package transport

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostileNames mean something to file systems, message brokers, caches, scripts
// or terminals. To the hub they are bytes.
var hostileNames = []string{
	"*", ">", "a.>", "a.*", "a", "a.b", ".", "..", "../a", "a/b", "/", "a%2Fb", "%", "$SYS.>", "$JS.API.>", "_INBOX.x", "{a}", "a:b", "hub:",
	"a b", " a", "a ", "A", "á", "a\u0301", "__proto__", "constructor", "\u202ea", "😀", "' OR 1=1 --", `a"b`, `a\b`, "<script>", "user/a",
	"all", strings.Repeat("x", 256),
}

// Each user gets what is for that name and nothing else, and a topic of the same
// name is another address.
func TestSubscribe_HostileNamesAreOnlyNames(t *testing.T) {
	h := newTestHub(t)
	streams := make([]*reader, len(hostileNames))
	for i, name := range hostileNames {
		streams[i] = h.open("/api/sse", h.bearer(name))
	}
	send := func(to string) {
		t.Helper()
		text, err := json.Marshal(map[string]any{"to": to, "event": "n", "data": to})
		h.check(err)
		want := 1
		if strings.HasPrefix(to, "topic/") {
			want = 0
		}
		if out := h.post(string(text)).outcome(t); out.Connections != want {
			t.Errorf("%q reached %d connections", to, out.Connections)
		}
	}
	for _, name := range hostileNames {
		send("user/" + name)
		if !strings.Contains(name, "*") { // which is for what tokens allow
			send("topic/" + name)
		}
	}
	h.post(`{"to":"all","event":"end","data":1}`).want(t, 202, "")
	for i, name := range hostileNames {
		var got []string
		streams[i].until("end")
		for _, ev := range streams[i].seen {
			if ev.Name == "n" {
				var to string
				h.check(json.Unmarshal(ev.Data, &to))
				got = append(got, to)
			}
		}
		if !slices.Equal(got, []string{"user/" + name}) {
			t.Errorf("%q got what is for %q", name, got)
		}
	}
}

// Bytes that drip in do not prolong the time that a request has.
func TestFraming_DrippingRequestsAreCutOff(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.HeaderTimeout, o.BodyTimeout = 100*time.Millisecond, 100*time.Millisecond })
	post := "POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + apiKeyHeader(publishKey) + "\r\n"
	for _, tt := range []struct{ name, addr, begin, drip string }{
		{"headers", h.public, "GET /api/sse HTTP/1.1\r\nHost: localhost\r\n", "X-A: b\r\n"},
		{"one header", h.public, "GET /api/sse HTTP/1.1\r\nHost: localhost\r\nX-A: ", "b"},
		{"body", h.internal, post + "Content-Length: 100000\r\n\r\n", " "},
		{"chunks", h.internal, post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn := dial(t, tt.addr)
			_, err := io.WriteString(conn, tt.begin)
			h.check(err)
			go func() {
				for range 10_000 { // far longer than the connection has, far less than the limits of size
					if _, err := io.WriteString(conn, tt.drip); err != nil {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
			}()
			answer, err := io.ReadAll(conn)
			if len(answer) > 0 && !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") {
				t.Errorf("got %q", answer)
			}
			if len(answer) == 0 && err == nil {
				t.Error("closed without an answer")
			}
		})
	}
}

// Readers who do not read cost the others no event, and the hub no memory beyond
// their queues.
func TestSubscribe_StuckReadersDelayNobody(t *testing.T) {
	const stuck, events = 90, 50
	h := newTestHub(t)
	for range stuck {
		conn := dial(t, h.public)
		_, err := io.WriteString(conn, request("GET", "/api/sse", "", h.bearer("stuck")))
		h.check(err)
		if err := conn.(interface{ SetReadBuffer(int) error }).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
	}
	good := h.open("/api/sse", h.bearer("good"))
	await(t, "all are there", func() bool { return h.tree.Stats().Connections == stuck+1 })
	data := strings.Repeat("a", 60<<10)
	for i := range events {
		out := h.post(fmt.Sprintf(`{"to":"all","event":"n","data":"%d %s"}`, i, data)).outcome(t)
		if out.Users != 2 {
			t.Errorf("event %d reached %d users", i, out.Users)
		}
		if ev := good.until("n"); !strings.HasPrefix(string(ev.Data), fmt.Sprintf(`"%d `, i)) {
			t.Fatalf("event %d: got %.20s", i, ev.Data)
		}
	}
	if full := h.streams.stats().Waiting; full == 0 {
		t.Fatal("nobody is stuck, so that the test shows nothing")
	}
	r := h.visit("POST", "/api/sse/ticket", h.bearer("other"))
	if r.status() != http.StatusOK {
		t.Errorf("got %v", r.Response)
	}
}
