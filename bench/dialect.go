package main

import (
	"bytes"
	"strconv"
	"strings"

	"example.org/hub/bench/swarm"
)

// The hub and the baselines speak the same HTTP, so that one driver serves all:
// GET /api/sse with a bearer token for a stream, POST /api/messages to publish.

// The prefixes of numbered addresses.
const (
	toUser  = "user/u"
	toTopic = "topic/t"
)

const (
	streamPath  = "/api/sse"
	publishPath = "/api/messages"
)

// dataFunc appends the data of an event.
type dataFunc func(dst []byte, s swarm.Stamp, size int) []byte

// streamKind is what streams ask for beyond their user's events.
type streamKind struct {
	gzip     bool
	perTopic int  // so many users share a topic; 0 for no topics
	private  bool // of a peer: for what is sent to its user, not to all
}

// streamRequest returns a function that appends the request of user i,
// which goes on behind the event with the id last if there is one. The client header says that a
// refusal may have an honest status.
func (u *users) streamRequest(host string, kind streamKind) func(dst []byte, i int, last []byte) []byte {
	head := " HTTP/1.1\r\nHost: " + host +
		"\r\nAccept: text/event-stream\r\nUser-Agent: bench\r\nX-SSE-Client: bench\r\nAuthorization: Bearer "
	if kind.gzip {
		head = strings.Replace(head, "\r\nAccept:", "\r\nAccept-Encoding: gzip\r\nAccept:", 1)
	}
	return func(dst []byte, i int, last []byte) []byte {
		dst = append(dst, "GET "+streamPath...)
		if kind.perTopic > 0 {
			dst = append(dst, "?topics=t"...)
			dst = strconv.AppendInt(dst, int64(i/kind.perTopic), 10)
		}
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
// size bytes of data, which appendData appends. It goes to everybody, or to the
// address that begins with prefix and ends with the message's number.
func (u *users) publishRequest(host, prefix string, size int, appendData dataFunc) func(dst []byte, m swarm.Message) []byte {
	var body []byte
	head := "POST " + publishPath + " HTTP/1.1\r\nHost: " + host +
		"\r\nContent-Type: application/json\r\nX-API-Key: " + u.apiKey + "\r\nContent-Length: "
	return func(dst []byte, m swarm.Message) []byte {
		body = append(body[:0], `{"to":"`...)
		if m.Target < 0 {
			body = append(body, "all"...)
		} else {
			body = append(body, prefix...)
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

// topicOf is the address of the topic that a request's URI asks for, empty if it
// asks for none.
func topicOf(uri []byte) string {
	_, topic, ok := bytes.Cut(uri, []byte("?topics="))
	if !ok {
		return ""
	}
	topic, _, _ = bytes.Cut(topic, []byte(" "))
	return "topic/" + string(topic)
}

// parseMessage takes apart a body that publishRequest wrote, and no other. The
// address is empty for a broadcast.
func parseMessage(body []byte) (to, data []byte, ok bool) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"to":"`))
	if !ok {
		return nil, nil, false
	}
	to, rest, ok = bytes.Cut(rest, []byte(`","event":"bench","data":`))
	if !ok || len(rest) == 0 {
		return nil, nil, false
	}
	if string(to) == "all" {
		to = nil
	}
	return to, rest[:len(rest)-1], true
}

// appendFrame appends the event as the hub writes it.
func appendFrame(dst []byte, seq uint64, data []byte) []byte {
	dst = append(dst, "id: bench-"...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(dst, "\nevent: bench\ndata: "...)
	dst = append(dst, data...)
	return append(dst, "\n\n"...)
}
