package transport

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/valyala/fasthttp"
)

// BenchmarkPublish_Handler is a POST without its socket: checks, credentials,
// JSON, the log, delivery to one connection, and the answer.
func BenchmarkPublish_Handler(b *testing.B) {
	h := newTestHub(b)
	var req fasthttp.Request
	req.Header.SetMethod("POST")
	req.SetRequestURI("/api/messages")
	req.Header.SetHost("localhost")
	req.Header.SetContentType(contentJSON)
	req.Header.Set(apiKey, publishKey)
	req.SetBodyString(`{"to":"user/alice","event":"notification","data":{"title":"Your report is ready","n":12345}}`)
	var rc fasthttp.RequestCtx
	rc.Init(&req, nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		rc.Response.Reset()
		h.handleInternal(&rc)
		if rc.Response.StatusCode() != 202 {
			b.Fatalf("%s", rc.Response.Body())
		}
	}
}

// BenchmarkPublish_Socket is the same over one keep-alive connection, the
// client's part included.
func BenchmarkPublish_Socket(b *testing.B) {
	h := newTestHub(b)
	conn, err := net.Dial("tcp", h.internal)
	h.check(err)
	defer conn.Close()
	text := []byte(request("POST", "/api/messages", `{"to":"user/alice","event":"notification","data":{"title":"Your report is ready","n":12345}}`,
		apiKeyHeader(publishKey), "Content-Type: application/json"))
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(text); err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSubscribe opens streams up to the event connected, the client's part
// included.
func BenchmarkSubscribe(b *testing.B) {
	h := newTestHub(b)
	text := request("GET", "/api/sse", "", h.bearer("alice"))
	b.ReportAllocs()
	for b.Loop() {
		conn, err := net.Dial("tcp", h.public)
		h.check(err)
		_, _ = io.WriteString(conn, text)
		resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 1024), nil)
		h.check(err)
		var first [16]byte
		_, err = io.ReadFull(resp.Body, first[:])
		h.check(err)
		_ = conn.Close()
	}
}
