package transport

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

const (
	maxTarget      = 4 << 10 // bytes of the request target
	maxHeaderLines = 100     // of a request
)

// checkFraming refuses requests that two parsers could read differently, which
// is what request smuggling lives on (RFC 9112 sections 3.2, 5 and 6.3). It is
// stricter than fasthttp, which joins folded lines, accepts a bare LF, and
// serves a request with both framings before it closes the connection.
func checkFraming(rc *fasthttp.RequestCtx) error {
	h := &rc.Request.Header
	if len(h.RequestURI()) > maxTarget {
		return errURILong
	}
	switch string(h.Protocol()) {
	case "HTTP/1.1":
		if len(h.Host()) == 0 {
			return errFraming
		}
	case "HTTP/1.0":
	default: // fasthttp takes any digits for a version
		return errFraming
	}
	if err := checkTarget(h); err != nil {
		return err
	}
	length, encodings, err := scanHeader(h.RawHeaders())
	if err != nil {
		return err
	}
	// fasthttp has refused two lengths, two codings, and codings of HTTP/1.0;
	// "identity" it takes for no coding at all.
	chunked := h.ContentLength() == -1
	if encodings > 0 && (length > 0 || !chunked) {
		return errFraming
	}
	if !mayHaveBody(h) && (chunked || h.ContentLength() > 0) {
		return errBodyUnexpected
	}
	return nil
}

// checkTarget accepts the origin form, and the absolute form if it names the
// same host as the Host header (RFC 9112 section 3.2.2). The asterisk form is
// the route table's business, which has no such path.
func checkTarget(h *fasthttp.RequestHeader) error {
	target := h.RequestURI()
	if target[0] == '/' || h.IsOptions() && len(target) == 1 {
		return nil
	}
	_, rest, ok := bytes.Cut(target, []byte("://"))
	if !ok {
		return errFraming
	}
	if end := bytes.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if !bytes.EqualFold(rest, h.Host()) {
		return errFraming
	}
	return nil
}

// scanHeader counts framing fields in raw header lines and refuses lines that
// are not one name, a colon, a value and CRLF.
func scanHeader(raw []byte) (lengths, encodings int, err error) {
	for lines := 0; len(raw) > 2; lines++ {
		if lines == maxHeaderLines {
			return 0, 0, errHeaderMany
		}
		end := bytes.IndexByte(raw, '\n')
		if end < 1 || raw[end-1] != '\r' || raw[0] == ' ' || raw[0] == '\t' {
			return 0, 0, errFraming
		}
		line := raw[:end-1]
		raw = raw[end+1:]
		colon := bytes.IndexByte(line, ':')
		if colon < 1 || bytes.IndexByte(line[:colon], ' ') >= 0 || bytes.IndexByte(line, '\r') >= 0 {
			return 0, 0, errFraming
		}
		switch name := line[:colon]; {
		case len(name) == len("Content-Length") && bytes.EqualFold(name, []byte("Content-Length")):
			lengths++
		case len(name) == len("Transfer-Encoding") && bytes.EqualFold(name, []byte("Transfer-Encoding")):
			encodings++
		}
	}
	if string(raw) != "\r\n" && len(raw) > 0 {
		return 0, 0, errFraming
	}
	return lengths, encodings, nil
}

func mayHaveBody(h *fasthttp.RequestHeader) bool {
	return h.IsPost()
}
