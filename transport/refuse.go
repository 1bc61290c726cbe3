package transport

import (
	"cmp"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"example.org/hub/actors"
	"example.org/hub/sse"
)

// Native EventSource never comes back after an answer that is not 200 (WHATWG
// HTML 9.2.3), so an overloaded or stopping hub answers it with 200, a time to
// return after, and the end. Clients that say that they are ours understand a
// status.

// understandsStatus reports whether the client is one of ours.
func understandsStatus(rc *fasthttp.RequestCtx) bool {
	return len(rc.Request.Header.Peek("X-SSE-Client")) > 0 ||
		string(rc.QueryArgs().Peek("transport")) == "fetch"
}

// retry returns a random time, so that refused clients do not return together.
func (s *Server) retry() time.Duration {
	spread := int64((s.cfg.RetryMax - s.cfg.RetryMin) / time.Millisecond)
	return s.cfg.RetryMin + time.Duration(rand.Int64N(spread+1))*time.Millisecond
}

// refuse answers a stream request that got no place, while fasthttp still has
// the connection.
func (s *Server) refuse(c *call, reason actors.Reason) error {
	s.metrics.refusal(reason)
	if understandsStatus(c.rc) {
		p := *refused(reason)
		p.retryAfter = retrySeconds(s.retry())
		c.rc.SetConnectionClose()
		return &p
	}
	s.askBack(c)
	return nil
}

// askBack answers a native client so that it returns.
func (s *Server) askBack(c *call) {
	h := &c.rc.Response.Header
	h.SetContentType(contentStream)
	setStreamHeaders(h)
	c.rc.SetConnectionClose()
	c.rc.Response.AppendBody(sse.AppendRetry(nil, s.retry()))
}

// orAskBack returns the error of a stream request for the client to see. A native
// one that may do better later is asked back instead: while the log is not
// reached it is not known whether a ticket is good, and one that was not claimed
// stays good for the rest of its time; and so it is with tokens without their keys.
func (s *Server) orAskBack(c *call, err error) error {
	p, _ := problemOf(err)
	if p.status != fasthttp.StatusServiceUnavailable || understandsStatus(c.rc) {
		return err
	}
	s.metrics.denied(p)
	s.askBack(c)
	return nil
}

// refuser returns what Stream.Refuse sends when the tree has no place: a whole
// response. The closure is kept until the stream starts, so it holds little.
func (s *Server) refuser(c *call) func(actors.Reason) []byte {
	ours := understandsStatus(c.rc)
	origin, id := string(c.origin), c.sentID()
	return func(reason actors.Reason) []byte {
		s.metrics.refusal(reason)
		id := cmp.Or(id, newRequestID())
		s.log.Debug("stream refused", "reason", string(reason), "request_id", id)
		return s.appendRefusal(nil, reason, ours, origin, id)
	}
}

func (s *Server) appendRefusal(b []byte, reason actors.Reason, ours bool, origin, id string) []byte {
	var from []byte
	if origin != "" {
		from = []byte(origin)
	}
	if !ours {
		b = appendStreamHead(b, from, s.plainCoding(), time.Now())
		return sse.AppendRetry(b, s.retry())
	}
	p := refused(reason)
	body := p.json()
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(p.status), 10)
	b = append(b, ' ')
	b = append(b, fasthttp.StatusMessage(p.status)...)
	b = append(b, "\r\nContent-Type: "+contentJSON+"\r\nCache-Control: "+noStore+"\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\nRetry-After: "...)
	b = strconv.AppendInt(b, int64(retrySeconds(s.retry())), 10)
	b = append(b, "\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\nDate: "...)
	b = fasthttp.AppendHTTPDate(b, time.Now())
	b = append(b, "\r\n"+headerRequestID+": "...)
	b = append(b, id...)
	b = append(b, "\r\n"...)
	b = appendCORS(b, from)
	b = append(b, "\r\n"...)
	return append(b, body...)
}

// retrySeconds rounds up: Retry-After has no fractions (RFC 9110 section 10.2.3).
func retrySeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
