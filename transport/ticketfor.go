package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
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
	user := auth.Principal{User: c.id, Topics: g.Topics, Issued: now, Expires: now.Add(g.ttl())}
	if g.Dashboard {
		user.Scopes = []auth.Scope{auth.ScopeDashboard}
	}
	return s.answerTicket(c, user)
}

// grant is what the stream of a ticket may do.
type grant struct {
	Topics    []string `json:"topics"` // exact names, or prefixes and '*'
	Dashboard bool     `json:"dashboard"`
	TTL       *float64 `json:"ttl"` // seconds that the stream may last
}

func (g *grant) ttl() time.Duration {
	if g.TTL == nil {
		return defaultGrantTTL
	}
	return time.Duration(*g.TTL * float64(time.Second))
}

// readGrant reads the body, which may be empty.
func readGrant(body []byte) (grant, error) {
	var g grant
	if len(body) == 0 {
		return g, nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(&g)
	if err == nil && !errors.Is(dec.Decode(&struct{}{}), io.EOF) {
		err = errJSONTrailing
	}
	if err != nil {
		return g, invalid("invalid_json", "", "the body is an object of topics, dashboard and ttl: "+clip(err.Error()))
	}
	return g, g.check()
}

func (g *grant) check() error {
	if len(g.Topics) > maxTopics {
		return invalid("too_many_topics", "topics", "at most "+strconv.Itoa(maxTopics)+" topics")
	}
	for _, t := range g.Topics {
		if err := auth.ValidPattern(t); err != nil {
			return invalid("invalid_topic", "topics", clip(err.Error()))
		}
	}
	if g.TTL != nil && !(*g.TTL >= 1 && *g.TTL <= maxGrantTTL.Seconds()) {
		return invalid("invalid_ttl", "ttl", "ttl is a number of seconds from 1 to "+strconv.Itoa(int(maxGrantTTL.Seconds())))
	}
	return nil
}
