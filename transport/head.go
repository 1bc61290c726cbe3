package transport

import (
	"time"

	"github.com/valyala/fasthttp"
)

// The headers of a stream: nothing on its way may store, change or hold back
// what it carries, and the address bar's query goes to nobody.
const (
	streamCacheControl = "no-store, no-transform"
	streamReferrer     = "no-referrer"
)

// appendStreamHead appends the status line and headers of a stream. There is no
// length and no chunked coding: the body ends with the connection, which every
// version of HTTP/1 understands (RFC 9112 section 6.3). coding is one of the
// header lines of coding.go.
func appendStreamHead(b, origin []byte, coding string, now time.Time) []byte {
	b = append(b, "HTTP/1.1 200 OK\r\n"+
		"Content-Type: "+contentStream+"\r\n"+
		"Cache-Control: "+streamCacheControl+"\r\n"+
		"X-Accel-Buffering: no\r\n"+
		"X-Content-Type-Options: nosniff\r\n"+
		"Referrer-Policy: "+streamReferrer+"\r\n"+
		"Connection: close\r\n"+
		"Date: "...)
	b = fasthttp.AppendHTTPDate(b, now)
	b = append(b, "\r\n"...)
	b = append(b, coding...)
	b = appendCORS(b, origin)
	return append(b, "\r\n"...)
}

// setStreamHeaders sets the same headers on a response that fasthttp writes.
func setStreamHeaders(h *fasthttp.ResponseHeader) {
	h.Set(fasthttp.HeaderCacheControl, streamCacheControl)
	h.Set("X-Accel-Buffering", "no")
	h.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
	h.Set(fasthttp.HeaderReferrerPolicy, streamReferrer)
}
