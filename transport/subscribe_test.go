package transport

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/sse"
)

func TestSubscribe_Head(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice"))
	for name, want := range map[string]string{
		"Content-Type":           "text/event-stream",
		"Cache-Control":          "no-store, no-transform",
		"X-Accel-Buffering":      "no",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
		"Vary":                   "Origin",
		"Server":                 "",
		"Content-Length":         "",
		"Transfer-Encoding":      "",
	} {
		if got := r.resp.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if !r.resp.Close || len(r.resp.TransferEncoding) > 0 {
		t.Error("the body does not end with the connection")
	}
	if _, err := http.ParseTime(r.resp.Header.Get("Date")); err != nil {
		t.Errorf("date: %v", err)
	}
	var hello sse.Connected
	if err := json.Unmarshal(r.seen[0].Data, &hello); err != nil {
		t.Fatal(err)
	}
	if hello.UserID != "alice" || hello.Instance != "test-1" || hello.Resumed || hello.TokenExpiresInMs <= 0 {
		t.Errorf("connected: %+v", hello)
	}
}

func TestSubscribe_EventReachesStream(t *testing.T) {
	h := newTestHub(t)
	alice := h.open("/api/sse?topics=news", h.bearer("alice"))
	bob := h.open("/api/sse", h.bearer("bob"))
	h.post(`{"to":"user/alice","event":"n","data":{"a": 1}}`).want(t, 202, "")
	h.post(`{"to":"topic/news","event":"n","data":2}`).want(t, 202, "")
	h.post(`{"to":"all","event":"n","data":3}`).want(t, 202, "")
	for _, want := range []string{`{"a":1}`, "2", "3"} {
		if ev := alice.until("n"); string(ev.Data) != want || ev.ID == "" {
			t.Errorf("alice got %q %q, want %q", ev.ID, ev.Data, want)
		}
	}
	if ev := bob.until("n"); string(ev.Data) != "3" {
		t.Errorf("bob got %q", ev.Data)
	}
}

func TestSubscribe_EventsFilter(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse?events=message,b", h.bearer("alice"))
	for _, message := range []string{
		`{"to":"all","event":"a","data":1}`, `{"to":"all","data":2}`,
		`{"to":"all","event":"message","data":3}`, `{"to":"all","event":"b","data":4}`,
	} {
		h.post(message).want(t, 202, "")
	}
	var got []string
	for len(got) < 3 {
		ev, err := r.dec.Next()
		h.check(err)
		got = append(got, ev.Type()+string(ev.Data))
	}
	if text := strings.Join(got, " "); text != "message2 message3 b4" {
		t.Errorf("got %s", text)
	}
}

func TestSubscribe_Resume(t *testing.T) {
	h := newTestHub(t)
	first := h.open("/api/sse", h.bearer("alice"))
	h.post(`{"to":"user/alice","event":"n","data":1}`).want(t, 202, "")
	last := first.until("n").ID
	first.close()
	h.post(`{"to":"user/alice","event":"n","data":2}`).want(t, 202, "")

	f := func(target string, headers ...string) {
		t.Helper()
		r := h.open(target, append(headers, h.bearer("alice"))...)
		defer r.close()
		if !strings.Contains(string(r.seen[0].Data), `"resumed":true`) {
			t.Errorf("%s: %s", target, r.seen[0].Data)
		}
		if ev := r.until("n"); string(ev.Data) != "2" {
			t.Errorf("%s: got %s", target, ev.Data)
		}
	}
	f("/api/sse", "Last-Event-ID: "+last)
	f("/api/sse?lastEventId=" + last)
	f("/api/sse?lastEventId=garbage", "Last-Event-ID: "+last) // the header wins
}

// Whatever position a client names, it gets nothing of another user or of a topic
// that it may not read (guarantee 1).
func TestSubscribe_ReplayIsAuthorised(t *testing.T) {
	h := newTestHub(t)
	first := h.post(`{"to":"user/bob","event":"n","data":"bob's"}`).outcome(t).ID
	epoch, _, _ := strings.Cut(first, "-")
	h.post(`{"to":"topic/secret","event":"n","data":"secret"}`).want(t, 202, "")
	h.post(`{"to":"topic/news","event":"n","data":"not asked for"}`).want(t, 202, "")
	h.post(`{"to":"connection/1","event":"n","data":"another connection's"}`).want(t, 202, "")
	h.post(`{"to":["user/bob","user/alice"],"event":"n","data":"hers"}`).want(t, 202, "")
	for _, id := range []string{epoch + "-0", first, epoch + "-2"} {
		r := h.open("/api/sse", h.bearer("alice"), "Last-Event-ID: "+id)
		if ev := r.until("n"); string(ev.Data) != `"hers"` {
			t.Errorf("after %s: got %s", id, ev.Data)
		}
		r.close()
	}
}

func TestSubscribe_ForgedLastEventID(t *testing.T) {
	h := newTestHub(t)
	h.post(`{"to":"user/bob","event":"n","data":"bob's"}`).want(t, 202, "")
	for _, id := range []string{
		"0-0", "zzz-1", "a-18446744073709551616", "a--1", "..", strings.Repeat("9", 257), strings.Repeat("a-1,", 64),
		`x"},"a":{"`, "é",
	} {
		r := h.open("/api/sse", h.bearer("alice"), "Last-Event-ID: "+id)
		gap := r.until("gap")
		if !json.Valid(gap.Data) {
			t.Errorf("%q: gap %s", id, gap.Data)
		}
		h.post(`{"to":"user/alice","event":"n","data":"hers"}`).want(t, 202, "")
		if ev := r.until("n"); string(ev.Data) != `"hers"` {
			t.Errorf("%q: got %s", id, ev.Data)
		}
		r.close()
	}
}

func TestSubscribe_Refuses(t *testing.T) {
	h := newTestHub(t)
	long := strings.Repeat("a", 257)
	many := make([]string, 65)
	for i := range many {
		many[i] = fmt.Sprintf("orders/%d", i)
	}
	for _, tt := range []struct {
		target string
		status int
		code   string
		field  string
	}{
		{"?topics=secret", 403, "topic_not_allowed", "topics"},
		{"?topics=news,secret", 403, "topic_not_allowed", "topics"},
		{"?topics=news&topics=secret", 403, "topic_not_allowed", "topics"},
		{"?topics=*", 400, "invalid_topics", "topics"},
		{"?topics=orders/*", 400, "invalid_topics", "topics"},
		{"?topics=news,,", 400, "invalid_topics", "topics"},
		{"?topics=a%00b", 400, "invalid_topics", "topics"},
		{"?topics=%ff", 400, "invalid_topics", "topics"},
		{"?topics=" + long, 400, "invalid_topics", "topics"},
		{"?topics=" + strings.Join(many, ","), 400, "too_many_topics", "topics"},
		{"?events=a,,b", 400, "invalid_events", "events"},
		{"?events=a%0ab", 400, "invalid_events", "events"},
		{"?events=" + strings.Repeat("e", 129), 400, "invalid_events", "events"},
		{"?events=" + strings.Join(many, ","), 400, "too_many_events", "events"},
		{"?token=x", 400, "token_in_query", ""},
		{"?access_token=x", 400, "token_in_query", ""},
	} {
		r := h.visit("GET", "/api/sse"+tt.target, h.bearer("alice"))
		r.want(t, tt.status, tt.code)
		if _, field := r.problem(t); field != tt.field {
			t.Errorf("%s: field %q, want %q", tt.target, field, tt.field)
		}
	}
	if got := h.limits.open.Load(); got != 0 {
		t.Errorf("%d places were not given back", got)
	}
}

func TestSubscribe_AllowedTopics(t *testing.T) {
	h := newTestHub(t)
	h.open("/api/sse?topics=", h.bearer("alice")).close()
	h.open("/api/sse?topics=orders/7,news,news&topics=orders/%2f", h.bearer("alice")).close()
}

func TestSubscribe_HeadAndHTTP10(t *testing.T) {
	h := newTestHub(t)
	r := h.visit("HEAD", "/api/sse")
	if r.status() != 200 || r.body != "" || r.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD: %v", r.Response)
	}
	if got := h.tree.Stats().ConnectionsTotal; got != 0 {
		t.Errorf("HEAD opened %d streams", got)
	}
	old := h.openRaw("GET /api/sse HTTP/1.0\r\n" + h.bearer("alice") + "\r\n\r\n")
	old.until("connected")
	h.post(`{"to":"all","event":"n","data":1}`).want(t, 202, "")
	old.until("n")
}

// A second request behind that for a stream is neither lost to somebody else nor
// executed: it is discarded, and what goes on coming ends the stream.
func TestSubscribe_PipelinedRequestIsNeverExecuted(t *testing.T) {
	h := newTestHub(t)
	second := request("POST", "/api/sse/ticket", "", h.bearer("mallory"))
	r := h.openRaw(request("GET", "/api/sse", "", h.bearer("alice")) + second)
	r.until("connected")
	h.post(`{"to":"all","event":"n","data":1}`).want(t, 202, "")
	r.until("n")
	for _, ev := range r.seen {
		if strings.Contains(string(ev.Data), "ticket") {
			t.Fatalf("the second request was executed: %s", ev.Data)
		}
	}
	if n := h.deps.Tickets.(*auth.Tickets).Len(); n != 0 {
		t.Errorf("%d tickets were issued", n)
	}
	_, _ = io.WriteString(r.conn, strings.Repeat("GET / HTTP/1.1\r\n\r\n", 1000))
	await(t, "the flood ends the stream", func() bool {
		return h.counter(`hub_connections_closed_total{reason="client_data"}`) == "1"
	})
}

func TestSubscribe_OverKeepAliveAndTLS(t *testing.T) {
	server, client := tlsConfigs(t)
	h := newTestHub(t, func(o *options) { o.wrap = tlsListener(server) })
	conn := tlsDial(t, h.public, client)
	br := bufio.NewReader(conn)
	first := request("POST", "/api/sse/ticket", "", h.bearer("alice"))
	_, _ = io.WriteString(conn, first)
	readResponse(t, br, first).want(t, 200, "")
	_, _ = io.WriteString(conn, request("GET", "/api/sse", "", h.bearer("alice")))
	resp, err := http.ReadResponse(br, nil)
	h.check(err)
	r := &reader{tb: t, conn: conn, resp: resp, dec: sse.NewDecoder(resp.Body, 1<<20)}
	r.until("connected")
	h.post(`{"to":"user/alice","event":"n","data":1}`).want(t, 202, "")
	r.until("n")
	r.close()
	await(t, "the place is given back", func() bool { return h.limits.open.Load() == 0 })
}

func TestSubscribe_PlacesAreGivenBack(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.MaxPerAddress = 10 })
	for range 3 {
		h.open("/api/sse", h.bearer("alice")).close()
		h.open("/api/dashboard/sse", h.bearer("alice", dashboardScope)).close()
	}
	await(t, "all places are given back", func() bool {
		h.limits.addrs.mu.Lock()
		defer h.limits.addrs.mu.Unlock()
		return h.limits.open.Load() == 0 && len(h.limits.addrs.open) == 0 && h.dashboards.Load() == 0
	})
}

// A client may pipeline a POST and a stream, and be gone before the answer to the
// first is written. fasthttp then closes without calling the hijack handler.
func TestSubscribe_PlaceIsGivenBackWhenTheHijackNeverHappens(t *testing.T) {
	h := newTestHub(t, func(o *options) {
		o.MaxPerAddress = 10
		o.wrap = func(ln net.Listener) net.Listener { return deafListener{ln} }
	})
	conn := dial(t, h.public)
	_, err := io.WriteString(conn, request("POST", "/api/sse/ticket", "", h.bearer("alice"))+
		request("GET", "/api/dashboard/sse", "", h.bearer("alice", dashboardScope))+"rest")
	h.check(err)
	_, _ = io.Copy(io.Discard, conn)
	await(t, "the place is given back", func() bool {
		h.limits.addrs.mu.Lock()
		defer h.limits.addrs.mu.Unlock()
		return h.limits.open.Load() == 0 && len(h.limits.addrs.open) == 0 && h.dashboards.Load() == 0
	})
	if got := h.tree.Stats().ConnectionsTotal; got != 0 {
		t.Fatalf("%d streams were opened, so that the test shows nothing", got)
	}
}

// deafListener makes connections whose peer takes no more bytes.
type deafListener struct{ net.Listener }

func (l deafListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return deafConn{conn}, nil
}

type deafConn struct{ net.Conn }

func (deafConn) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestSubscribe_EndsWhenTheTokenDoes(t *testing.T) {
	h := newTestHub(t)
	r := h.open("/api/sse", h.bearer("alice", func(c *auth.Claims) { c.TTL = time.Second }))
	events := r.rest()
	if len(events) == 0 || !strings.Contains(string(events[len(events)-1].Data), string(actors.ReasonTokenExpired)) {
		t.Errorf("the stream ended with %v", events)
	}
}
