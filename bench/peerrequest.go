package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/hub/bench/swarm"
)

// peerRequests makes the requests that a target file describes.
type peerRequests struct {
	file      *peerFile
	users     *users
	stream    template
	publish   template // head without the length
	body      template
	streamTo  peerNames
	publishTo peerNames
	token     string // of the publisher
}

// peerNames are compiled channels, by kind.
type peerNames struct{ all, user, topic template }

func newPeerRequests(f *peerFile, u *users, value func(string) (string, bool)) (*peerRequests, error) {
	r := &peerRequests{file: f, users: u, token: signToken(u.secret, "bench", f.Publish.Claims, time.Now())}
	dynamic := func(name string) (string, bool) {
		switch name {
		case "channel", "token", "data", "data:json", "n":
			return "[[" + name + "]]", true
		}
		return value(name)
	}
	var err error
	compile := func(t *template, text string, names ...string) {
		if err != nil {
			return
		}
		if text, err = expand(text, dynamic); err == nil {
			*t, err = compileTemplate(text, names...)
		}
	}
	port, _ := value("port:" + f.Subscribe.Port)
	compile(&r.stream, requestHead("GET", f.Subscribe.Path, port, f.Subscribe.Headers)+"\r\n", "channel", "token", "n")
	port, _ = value("port:" + f.Publish.Port)
	compile(&r.publish, requestHead(f.Publish.Method, f.Publish.Path, port, f.Publish.Headers), "channel", "token")
	compile(&r.body, f.Publish.Body, "channel", "data", "data:json")
	for _, c := range []struct {
		to   *peerNames
		from peerChannels
	}{{&r.streamTo, f.Subscribe.Channels}, {&r.publishTo, f.Publish.Channels}} {
		compile(&c.to.all, c.from.All)
		compile(&c.to.user, c.from.User, "n")
		compile(&c.to.topic, c.from.Topic, "n")
	}
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", f.Name, err)
	}
	return r, nil
}

// requestHead is a request line with header fields, without the blank line.
func requestHead(method, path, port string, headers map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n", method, path, port)
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		fmt.Fprintf(&b, "%s: %s\r\n", name, headers[name])
	}
	return b.String()
}

// streamRequest returns a function that appends the request of reader i.
func (r *peerRequests) streamRequest(kind streamKind) func(dst []byte, i int, last []byte) []byte {
	return func(dst []byte, i int, _ []byte) []byte {
		return r.stream.append(dst, func(dst []byte, name string) []byte {
			switch name {
			case "channel":
				return r.streamTo.append(dst, kind, i)
			case "n":
				return strconv.AppendInt(dst, int64(i), 10)
			}
			return append(dst, r.streamToken(kind, i)...)
		})
	}
}

// streamToken signs when it is asked: which channel a token names depends on the scenario.
func (r *peerRequests) streamToken(kind streamKind, i int) string {
	claims := placeholder.ReplaceAllStringFunc(r.file.Token.Claims, func(string) string {
		return string(r.streamTo.append(nil, kind, i))
	})
	return signToken(r.users.secret, userName(i), claims, time.Now())
}

// append appends the channel of reader i.
func (p *peerNames) append(dst []byte, kind streamKind, i int) []byte {
	switch {
	case kind.perTopic > 0:
		return p.topic.numbered(dst, i/kind.perTopic)
	case kind.private:
		return p.user.numbered(dst, i)
	}
	return p.all.numbered(dst, 0)
}

// publishRequest returns a function that appends the request for a message with
// size bytes of data.
func (r *peerRequests) publishRequest(topics bool, size int, appendData dataFunc) func(dst []byte, m swarm.Message) []byte {
	var channel, data, body []byte
	value := func(dst []byte, name string) []byte {
		switch name {
		case "channel":
			return append(dst, channel...)
		case "token":
			return append(dst, r.token...)
		case "data:json":
			return appendQuoted(dst, data)
		}
		return append(dst, data...)
	}
	return func(dst []byte, m swarm.Message) []byte {
		switch {
		case m.Target < 0:
			channel = r.publishTo.all.numbered(channel[:0], 0)
		case topics:
			channel = r.publishTo.topic.numbered(channel[:0], m.Target)
		default:
			channel = r.publishTo.user.numbered(channel[:0], m.Target)
		}
		data = appendData(data[:0], m.Stamp, size)
		body = r.body.append(body[:0], value)
		dst = r.publish.append(dst, value)
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(body)), 10)
		dst = append(dst, "\r\n\r\n"...)
		return append(dst, body...)
	}
}
