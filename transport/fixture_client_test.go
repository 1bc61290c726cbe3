package transport

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.org/hub/sse"
)

// response is an answer that was read to its end.
type response struct {
	*http.Response
	body string
}

// problem returns the error that the answer holds.
func (r *response) problem(tb testing.TB) (code, field string) {
	tb.Helper()
	var p struct {
		Error struct{ Code, Message, Field string }
	}
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || p.Error.Code == "" || p.Error.Message == "" {
		tb.Fatalf("not a problem: %q (%v)", r.body, err)
	}
	return p.Error.Code, p.Error.Field
}

func (r *response) status() int { return r.StatusCode }

func (r *response) want(tb testing.TB, status int, code string) {
	tb.Helper()
	if r.status() != status {
		tb.Fatalf("got %d %s, want %d", r.status(), r.body, status)
	}
	if code == "" {
		return
	}
	if got, _ := r.problem(tb); got != code {
		tb.Fatalf("got %s, want code %s", r.body, code)
	}
}

func dial(tb testing.TB, addr string) net.Conn {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// exchange sends bytes as they are and reads one answer.
func exchange(tb testing.TB, addr, text string) *response {
	tb.Helper()
	conn := dial(tb, addr)
	if _, err := io.WriteString(conn, text); err != nil {
		tb.Fatal(err)
	}
	r := readResponse(tb, bufio.NewReader(conn), text)
	_ = conn.Close()
	return r
}

func readResponse(tb testing.TB, br *bufio.Reader, request string) *response {
	tb.Helper()
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(br, &http.Request{Method: method})
	if err != nil {
		tb.Fatalf("read answer to %.80q: %v", request, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatalf("read body of the answer to %.80q: %v", request, err)
	}
	return &response{resp, string(body)}
}

// request builds a request; headers are whole lines.
func request(method, target, body string, headers ...string) string {
	text := strings.Join(append([]string{method + " " + target + " HTTP/1.1", "Host: localhost"}, headers...), "\r\n") + "\r\n"
	if body != "" || method == "POST" {
		text += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return text + "\r\n" + body
}

// ask asks the internal listener.
func (h *testHub) ask(method, target, body string, headers ...string) *response {
	h.tb.Helper()
	return exchange(h.tb, h.internal, request(method, target, body, headers...))
}

// visit asks the public listener.
func (h *testHub) visit(method, target string, headers ...string) *response {
	h.tb.Helper()
	return exchange(h.tb, h.public, request(method, target, "", headers...))
}

// post publishes a message and returns the answer.
func (h *testHub) post(body string, headers ...string) *response {
	h.tb.Helper()
	return h.ask("POST", "/api/messages", body,
		append([]string{apiKeyHeader(publishKey), "Content-Type: application/json"}, headers...)...)
}

// reader is a client with an open stream.
type reader struct {
	tb   testing.TB
	conn net.Conn
	resp *http.Response
	dec  *sse.Decoder
	seen []sse.Event
}

// open opens a stream and waits for its event connected.
func (h *testHub) open(target string, headers ...string) *reader {
	h.tb.Helper()
	r := h.openRaw(request("GET", target, "", headers...))
	r.until("connected")
	return r
}

// openRaw sends a request and reads the head of its answer, which is a stream.
func (h *testHub) openRaw(text string) *reader {
	h.tb.Helper()
	return h.openOn(dial(h.tb, h.public), text)
}

func (h *testHub) openOn(conn net.Conn, text string) *reader {
	h.tb.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		h.tb.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	h.check(err)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		body, _ := io.ReadAll(resp.Body)
		h.tb.Fatalf("no stream: %s %s", resp.Status, body)
	}
	return &reader{tb: h.tb, conn: conn, resp: resp, dec: sse.NewDecoder(resp.Body, 1<<20)}
}

// until reads up to an event of the name.
func (r *reader) until(name string) sse.Event {
	r.tb.Helper()
	for {
		ev, err := r.dec.Next()
		if err != nil {
			r.tb.Fatalf("no event %q: %v; seen %v", name, err, r.seen)
		}
		r.seen = append(r.seen, ev)
		if ev.Name == name {
			return ev
		}
	}
}

// rest reads to the end of the stream.
func (r *reader) rest() []sse.Event {
	r.tb.Helper()
	var events []sse.Event
	for {
		ev, err := r.dec.Next()
		if errors.Is(err, io.EOF) {
			return events
		}
		if err != nil {
			r.tb.Fatalf("stream: %v", err)
		}
		events = append(events, ev)
	}
}

func (r *reader) close() { _ = r.conn.Close() }
