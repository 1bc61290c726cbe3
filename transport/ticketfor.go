package transport

import (
	"strconv"
	"time"

	"example.org/hub/auth"
)

const (
	defaultGrantTTL = time.Hour
	maxGrantTTL     = 24 * time.Hour
)

// issueTicketFor serves POST /api/users/{id}/ticket: a service that knows its
// users by sessions of its own gets a ticket for one of them, and needs no key
// that signs tokens.
func (s *Server) issueTicketFor(c *call) error {
	g, err := readGrant(c.rc.PostBody())
	if err != nil {
		return err
	}
	now := time.Now()
	user := auth.Principal{User: c.id, Topics: g.topics, Issued: now, Expires: now.Add(g.ttl)}
	if g.dashboard {
		user.Scopes = []auth.Scope{auth.ScopeDashboard}
	}
	return s.answerTicket(c, user)
}

// grant is what the stream of a ticket may do.
type grant struct {
	topics    []string // exact names, or prefixes and '*'
	dashboard bool
	ttl       time.Duration // that the stream may last
}

// readGrant reads the body, which may be empty.
func readGrant(body []byte) (grant, error) {
	g := grant{ttl: defaultGrantTTL}
	if len(body) == 0 {
		return g, nil
	}
	r, seen := jsonReader{src: body}, map[string]bool{}
	err := r.object(func(name []byte) error {
		field := string(name)
		if seen[field] {
			return invalid("duplicate_field", field, "the field is there twice")
		}
		seen[field] = true
		return g.member(&r, field)
	})
	return g, err
}

// member reads the value of a field.
func (g *grant) member(r *jsonReader, field string) (err error) {
	switch field {
	case "topics":
		return r.array(field, g.addTopic)
	case "dashboard":
		g.dashboard, err = readBool(r, field)
		return err
	case "ttl":
		seconds, ok := readNumber(r)
		if !ok || seconds < 1 || seconds > maxGrantTTL.Seconds() {
			return invalid("invalid_ttl", field, "ttl is a number of seconds from 1 to "+strconv.Itoa(int(maxGrantTTL.Seconds())))
		}
		g.ttl = time.Duration(seconds * float64(time.Second))
		return nil
	}
	return invalid("unknown_field", clip(field), "the body is an object of topics, dashboard and ttl")
}

func (g *grant) addTopic(r *jsonReader) error {
	topic, err := readString(r, "topics")
	if err != nil {
		return err
	}
	if err := auth.ValidPattern(topic); err != nil {
		return invalid("invalid_topic", "topics", clip(err.Error()))
	}
	if len(g.topics) == maxTopics {
		return invalid("too_many_topics", "topics", "at most "+strconv.Itoa(maxTopics)+" topics")
	}
	g.topics = append(g.topics, topic)
	return nil
}
