package transport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The table of request smuggling: what two parsers could read differently is
// refused, and the connection closed, so that nothing behind it is executed.
func TestFraming_SmugglingIsRefused(t *testing.T) {
	h := newTestHub(t)
	const body = `{"to":"all","event":"smuggled","data":1}`
	chunk := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	length := fmt.Sprintf("Content-Length: %d\r\n", len(body))
	for name, header := range map[string]string{
		"length and coding":           length + "Transfer-Encoding: chunked\r\n",
		"coding and length":           "Transfer-Encoding: chunked\r\n" + length,
		"two lengths":                 length + "Content-Length: 1\r\n",
		"equal lengths":               length + length,
		"list of lengths":             fmt.Sprintf("Content-Length: %d, %d\r\n", len(body), len(body)),
		"signed length":               "Content-Length: +3\r\n",
		"negative length":             "Content-Length: -3\r\n",
		"length is no number":         "Content-Length: 3x\r\n",
		"length in hex":               "Content-Length: 0x3\r\n",
		"length overflows":            "Content-Length: 18446744073709551619\r\n",
		"two codings":                 "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"chunked twice":               "Transfer-Encoding: chunked, chunked\r\n",
		"unknown coding":              "Transfer-Encoding: gzip\r\n",
		"gzip, chunked":               "Transfer-Encoding: gzip, chunked\r\n",
		"identity":                    "Transfer-Encoding: identity\r\n",
		"identity and length":         "Transfer-Encoding: identity\r\n" + length,
		"chunked with a tab":          "Transfer-Encoding:\tchunked\t,\r\n",
		"xchunked":                    "Transfer-Encoding: xchunked\r\n",
		"space before colon":          "Transfer-Encoding : chunked\r\n",
		"tab before colon":            "Transfer-Encoding\t: chunked\r\n",
		"space in name":               "Transfer Encoding: chunked\r\n",
		"folded line":                 "X-A: b\r\n Transfer-Encoding: chunked\r\n",
		"folded coding":               "Transfer-Encoding:\r\n chunked\r\n",
		"first line folded":           " X-A: b\r\n",
		"bare LF":                     "X-A: b\nTransfer-Encoding: chunked\r\n",
		"bare LF at the end":          "X-A: b\r\nX-B: c\n",
		"bare CR":                     "X-A: b\rTransfer-Encoding: chunked\r\n",
		"NUL in value":                "X-A: b\x00c\r\n",
		"NUL in name":                 "X-\x00A: b\r\n",
		"no colon":                    "X-A\r\n",
		"empty name":                  ": b\r\n",
		"two hosts":                   "Host: other\r\n",
		"control character in length": "Content-Length: \x0b3\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			tail := body
			if strings.Contains(strings.ToLower(header), "encoding") {
				tail = chunk
			}
			refusedAndClosed(t, h, "POST /api/messages HTTP/1.1\r\nHost: localhost\r\n"+apiKeyHeader(publishKey)+
				"\r\nContent-Type: application/json\r\n"+header+"\r\n"+tail)
		})
	}
	if got := h.messagesIn.Load(); got != 0 {
		t.Errorf("%d messages were smuggled in", got)
	}
}

func TestFraming_BadRequestLines(t *testing.T) {
	h := newTestHub(t)
	for name, line := range map[string]string{
		"HTTP/1.0 with a coding": "POST /api/messages HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n",
		"no host":                "GET /livez HTTP/1.1\r\n",
		"empty host":             "GET /livez HTTP/1.1\r\nHost:\r\n",
		"HTTP/2 preface":         "PRI * HTTP/2.0\r\n",
		"HTTP/3.7":               "GET /livez HTTP/3.7\r\nHost: localhost\r\n",
		"no version":             "GET /livez\r\nHost: localhost\r\n",
		"another host in target": "GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n",
		"user in target":         "GET http://a@localhost/livez HTTP/1.1\r\nHost: localhost\r\n",
		"authority form":         "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n",
		"asterisk form of GET":   "GET * HTTP/1.1\r\nHost: localhost\r\n",
		"NUL in target":          "GET /livez\x00 HTTP/1.1\r\nHost: localhost\r\n",
		"two spaces":             "GET  /livez HTTP/1.1\r\nHost: localhost\r\n",
		"garbage":                "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
	} {
		t.Run(name, func(t *testing.T) { refusedAndClosed(t, h, line+"\r\n") })
	}
	r := exchange(t, h.internal, "GET http://LOCALHOST/livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
	r.want(t, 200, "")
}

func TestFraming_BodyWhereNoneBelongs(t *testing.T) {
	h := newTestHub(t)
	for _, framing := range []string{"Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"} {
		for _, line := range []string{"GET /api/sse", "HEAD /api/sse", "DELETE /api/sse", "OPTIONS /api/sse", "PUT /api/sse"} {
			text := line + " HTTP/1.1\r\nHost: localhost\r\n" + h.bearer("alice") + "\r\n" + framing
			r := exchange(t, h.public, text)
			if r.status() != 400 || !r.Close {
				t.Errorf("%s with a body: %v", line, r.Response)
			}
		}
	}
	h.openRaw(request("GET", "/api/sse", "", h.bearer("alice"), "Content-Length: 0")).until("connected")
}

// refusedAndClosed sends a request with another one behind it, and wants 400 for
// the first, the end of the connection, and nothing else.
func refusedAndClosed(t *testing.T, h *testHub, text string) {
	t.Helper()
	for _, addr := range []string{h.internal, h.public} {
		conn := dial(t, addr)
		_, _ = io.WriteString(conn, text+"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
		answer, err := io.ReadAll(conn)
		// The public listener does not linger, so that a reset may follow.
		if err != nil && (addr == h.internal || len(answer) == 0) {
			t.Fatalf("read: %v", err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
		if err != nil {
			t.Fatalf("%q: %v", answer, err)
		}
		resp.Body.Close()
		if n := bytes.Count(answer, []byte("HTTP/1.1 ")); resp.StatusCode != http.StatusBadRequest || n != 1 {
			t.Errorf("got %d answers: %q", n, answer)
		}
	}
}

func TestFraming_HeaderBombs(t *testing.T) {
	h := newTestHub(t)
	f := func(text string, status int, code string) {
		t.Helper()
		r := exchange(t, h.internal, text)
		r.want(t, status, code)
		if !r.Close {
			t.Error("the connection stays open")
		}
	}
	f(request("GET", "/livez", "", "X-Big: "+strings.Repeat("a", 9<<10)), 431, "header_too_large")
	f(request("GET", "/livez", "", strings.TrimSuffix(strings.Repeat("X-A: b\r\n", 1500), "\r\n")), 431, "header_too_large")
	f(request("GET", "/livez", "", strings.TrimSuffix(strings.Repeat("A: b\r\n", 120), "\r\n")), 431, "header_too_large")
	f(request("GET", "/livez?"+strings.Repeat("q", 5<<10), ""), 414, "uri_too_long")
	f(request("GET", "/livez?"+strings.Repeat("q", 10<<10), ""), 431, "header_too_large")
	exchange(t, h.internal, request("GET", "/livez", "", strings.TrimSuffix(strings.Repeat("A: b\r\n", 90), "\r\n"))).want(t, 200, "")
}

func TestFraming_SlowRequestsAreCutOff(t *testing.T) {
	h := newTestHub(t, func(o *options) {
		o.HeaderTimeout, o.BodyTimeout, o.IdleTimeout = 200*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond
	})
	f := func(addr, text string, status int) {
		t.Helper()
		conn := dial(t, addr)
		_, _ = io.WriteString(conn, text)
		answer, err := io.ReadAll(conn)
		if err != nil {
			t.Fatalf("%.40q: %v", text, err)
		}
		if want := fmt.Sprintf("HTTP/1.1 %d ", status); status == 0 && len(answer) > 0 || status > 0 && !strings.HasPrefix(string(answer), want) {
			t.Errorf("%.40q: got %q, want %d", text, answer, status)
		}
	}
	post := "POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + apiKeyHeader(publishKey) + "\r\n"
	f(h.public, "GET /api/sse HTTP/1.1\r\nHost: loc", 408)
	f(h.public, "G", 408)
	f(h.internal, post+"Content-Length: 100\r\n\r\n{", 408)
	f(h.internal, post+"Transfer-Encoding: chunked\r\n\r\n5\r\n{    \r\n", 408)
	f(h.internal, request("GET", "/livez", ""), 200) // and then idle, until it is closed
}

// A body over the limit is refused before it has been read, chunked or not, and
// the client gets to read why.
func TestFraming_BodyTooLarge(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.MaxBody = 1000 })
	header := "POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + apiKeyHeader(publishKey) + "\r\n"
	f := func(text string) {
		t.Helper()
		r := exchange(t, h.internal, text)
		r.want(t, 413, "body_too_large")
		if !r.Close {
			t.Error("the connection stays open")
		}
	}
	f(header + "Content-Length: 1000000000\r\n\r\n") // none of it was sent
	f(header + "Content-Length: 1001\r\n\r\n" + strings.Repeat(" ", 1001))
	f(header + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + strings.Repeat(" ", 1001) + "\r\n0\r\n\r\n")
	f(header + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("64\r\n"+strings.Repeat(" ", 100)+"\r\n", 11))
	r := exchange(t, h.public, "POST /api/sse/ticket HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
	r.want(t, 413, "body_too_large")
}

func TestFraming_RestOfALargeBodyDoesNotResetTheAnswer(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.MaxBody = 1000 })
	conn := dial(t, h.internal)
	body := strings.Repeat(" ", 1<<20)
	_, err := io.WriteString(conn, request("POST", "/api/messages", body, "Content-Type: application/json"))
	h.check(err)
	readResponse(t, bufio.NewReader(conn), "POST").want(t, 413, "body_too_large")
}

func TestScanHeader(t *testing.T) {
	f := func(raw string, lengths, encodings int, want error) {
		t.Helper()
		gotL, gotE, err := scanHeader([]byte(raw))
		if gotL != lengths || gotE != encodings || !errors.Is(err, want) {
			t.Errorf("scanHeader(%q) = %d, %d, %v", raw, gotL, gotE, err)
		}
	}
	f("", 0, 0, nil)
	f("\r\n", 0, 0, nil)
	f("A: b\r\n\r\n", 0, 0, nil)
	f("content-LENGTH: 1\r\nTransfer-encoding: x\r\nContent-Length: 2\r\n\r\n", 2, 1, nil)
	f("Content-Length:\r\n\r\n", 1, 0, nil)
	f("A: b\n\r\n", 0, 0, errFraming)
	f("A: b\r\n c\r\n\r\n", 0, 0, errFraming)
	f("A: b", 0, 0, errFraming)
	f(strings.Repeat("A: b\r\n", maxHeaderLines)+"\r\n", 0, 0, nil)
	f(strings.Repeat("A: b\r\n", maxHeaderLines+1)+"\r\n", 0, 0, errHeaderMany)
}

func FuzzScanHeader(f *testing.F) {
	f.Add([]byte("A: b\r\nContent-Length: 1\r\n\r\n"))
	f.Add([]byte("A: b\r\n c\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, _, err := scanHeader(raw); err != nil {
			return
		}
		for line := range bytes.SplitSeq(bytes.TrimSuffix(raw, []byte("\r\n")), []byte("\r\n")) {
			if bytes.ContainsAny(line, "\r\n") || (len(line) > 0 && (line[0] == ' ' || line[0] == '\t')) {
				t.Fatalf("accepted %q with the line %q", raw, line)
			}
		}
	})
}
