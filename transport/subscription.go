package transport

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/valyala/fasthttp"

	"example.org/hub/engine"
	"example.org/hub/sse"
)

const (
	maxTopics      = 64  // of one stream
	maxEventNames  = 64  // of one stream
	maxLastEventID = 256 // bytes; what is longer is not one of our positions
)

// subscription is what a client asks of a stream.
type subscription struct {
	topics      []string
	events      []string // "" stands for message
	lastEventID string   // not yet checked
}

// readSubscription reads the query and the Last-Event-ID header. Whether the
// topics are the caller's to read is not known yet.
func readSubscription(rc *fasthttp.RequestCtx) (subscription, error) {
	var sub subscription
	var err error
	query := rc.QueryArgs()
	if sub.topics, err = readList(query, "topics", maxTopics, topicName); err != nil {
		return sub, err
	}
	if sub.events, err = readList(query, "events", maxEventNames, eventName); err != nil {
		return sub, err
	}
	sub.lastEventID = lastEventID(rc)
	return sub, nil
}

// readList reads a parameter that holds names between commas and may be there
// several times. Each name is kept once.
func readList(query *fasthttp.Args, field string, most int, check func([]byte) (string, error)) ([]string, error) {
	var names []string
	for _, value := range query.PeekMulti(field) {
		for part := range bytes.SplitSeq(value, []byte{','}) {
			if len(part) == 0 && len(value) == 0 {
				continue // "topics=" asks for none
			}
			name, err := check(part)
			if err != nil {
				return nil, invalid("invalid_"+field, field, err.Error())
			}
			if slices.Contains(names, name) {
				continue
			}
			if len(names) == most {
				return nil, invalid("too_many_"+field, field, field+" names more than "+strconv.Itoa(most))
			}
			names = append(names, name)
		}
	}
	return names, nil
}

func topicName(b []byte) (string, error) {
	topic := engine.Topic(string(b))
	if _, err := engine.ParseAddress(string(topic)); err != nil {
		return "", err
	}
	_, name := topic.Split()
	return name, nil
}

func eventName(b []byte) (string, error) {
	name := string(b)
	if name == sse.EventMessage {
		return "", nil
	}
	if name == "" {
		return "", fmt.Errorf("%w: empty", sse.ErrName)
	}
	return name, sse.ValidName(name)
}

// lastEventID returns what the client saw last: the header, which browsers send
// when they reconnect, or else the parameter. What no hub wrote is handed on in
// a form that leads to a gap and cannot hurt, since it comes back in the gap.
func lastEventID(rc *fasthttp.RequestCtx) string {
	id := rc.Request.Header.Peek("Last-Event-Id")
	if len(id) == 0 {
		id = rc.QueryArgs().Peek("lastEventId")
	}
	if len(id) == 0 {
		return ""
	}
	if len(id) > maxLastEventID || bytes.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return malformedID
	}
	return string(id)
}

// malformedID stands for an id that is not a position.
const malformedID = "malformed"
