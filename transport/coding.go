package transport

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// The header lines that tell of a stream's coding. With Config.Compress the answer
// depends on what the client accepts, and caches must know also when it is plain.
const (
	codingNone  = ""
	codingPlain = "Vary: Accept-Encoding\r\n"
	codingGzip  = "Content-Encoding: gzip\r\n" + codingPlain
)

// coding decides the coding of a stream.
func (s *Server) coding(rc *fasthttp.RequestCtx) string {
	if s.cfg.Compress && acceptsGzip(bytes.Join(rc.Request.Header.PeekAll(fasthttp.HeaderAcceptEncoding), []byte(","))) {
		return codingGzip
	}
	return s.plainCoding()
}

// plainCoding is that of a stream which is plain in any case.
func (s *Server) plainCoding() string {
	if s.cfg.Compress {
		return codingPlain
	}
	return codingNone
}

// setCoding sets the same headers on a response that fasthttp writes.
func (s *Server) setCoding(rc *fasthttp.RequestCtx) {
	coding := s.coding(rc)
	if coding == codingGzip {
		rc.Response.Header.Set(fasthttp.HeaderContentEncoding, "gzip")
	}
	if coding != codingNone {
		rc.Response.Header.Add(fasthttp.HeaderVary, fasthttp.HeaderAcceptEncoding)
	}
}
