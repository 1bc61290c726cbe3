package main

import (
	"bytes"
	"strconv"
	"strings"

	"example.org/hub/bench/swarm"
)

// The hub and the baselines speak the same HTTP, so that one driver serves all:
// GET /api/sse with a bearer token for a stream, POST /api/messages to publish.

const (
	streamPath  = "/api/sse"
	publishPath = "/api/messages"
)

// dataFunc appends the data of an event.
type dataFunc func(dst []byte, s swarm.Stamp, size int) []byte

// streamRequest returns a function that appends the request of user i,
// which goes on behind the event with the id last if there is one. The client header says that a
// refusal may have an honest status.
func (u *users) streamRequest(host string, gzip bool) func(dst []byte, i int, last []byte) []byte {
	head := "GET " + streamPath + " HTTP/1.1\r\nHost: " + host +
		"\r\nAccept: text/event-stream\r\nUser-Agent: bench\r\nX-SSE-Client: bench\r\nAuthorization: Bearer "
	if gzip {
		head = strings.Replace(head, "\r\nAccept:", "\r\nAccept-Encoding: gzip\r\nAccept:", 1)
	}
	return func(dst []byte, i int, last []byte) []byte {
		dst = append(dst, head...)
		dst = append(dst, u.tokens[i]...)
		if len(last) > 0 {
			dst = append(dst, "\r\nLast-Event-ID: "...)
			dst = append(dst, last...)
		}
		return append(dst, "\r\n\r\n"...)
	}
}

// publishRequest returns a function that appends the request for a message with
// size bytes of data, which appendData appends.
func (u *users) publishRequest(host string, size int, appendData dataFunc) func(dst []byte, m swarm.Message) []byte {
	var body []byte
	head := "POST " + publishPath + " HTTP/1.1\r\nHost: " + host +
		"\r\nContent-Type: application/json\r\nX-API-Key: " + u.apiKey + "\r\nContent-Length: "
	return func(dst []byte, m swarm.Message) []byte {
		body = append(body[:0], `{"to":"`...)
		if m.Target < 0 {
			body = append(body, "all"...)
		} else {
			body = append(body, "user/u"...)
			body = strconv.AppendInt(body, int64(m.Target), 10)
		}
		body = append(body, `","event":"bench","data":`...)
		body = appendData(body, m.Stamp, size)
		body = append(body, '}')
		dst = append(dst, head...)
		dst = strconv.AppendInt(dst, int64(len(body)), 10)
		dst = append(dst, "\r\n\r\n"...)
		return append(dst, body...)
	}
}

// What the baselines answer.
const (
	streamHead   = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
	streamHello  = "event: connected\ndata: {}\n\n"
	publishReply = "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
	badReply     = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
)

// bearerToken finds the token in a request head.
func bearerToken(head []byte) []byte {
	_, rest, ok := bytes.Cut(head, []byte("Authorization: Bearer "))
	if !ok {
		return nil
	}
	token, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return token
}

// parseMessage takes apart a body that publishRequest wrote, and no other. The
// user is empty for a broadcast.
func parseMessage(body []byte) (user, data []byte, ok bool) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"to":"`))
	if !ok {
		return nil, nil, false
	}
	to, rest, ok := bytes.Cut(rest, []byte(`","event":"bench","data":`))
	if !ok || len(rest) == 0 {
		return nil, nil, false
	}
	user, ok = bytes.CutPrefix(to, []byte("user/"))
	if !ok {
		user = nil
	}
	return user, rest[:len(rest)-1], true
}

// appendFrame appends the event as the hub writes it.
func appendFrame(dst []byte, seq uint64, data []byte) []byte {
	dst = append(dst, "id: bench-"...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(dst, "\nevent: bench\ndata: "...)
	dst = append(dst, data...)
	return append(dst, "\n\n"...)
}
