package transport

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/mercure"
)

// mercurePath is where clients and publishers of the Mercure protocol
// (draft-dunglas-mercure) look for a hub.
const mercurePath = "/.well-known/mercure"

// mercureRoutes exist with Config.Mercure only.
var mercureRoutes = []route{
	{"GET", mercurePath, public, "", (*Server).subscribeMercure},
	{"POST", mercurePath, public | internal, "", (*Server).publishMercure},
}

// subscribeMercure serves GET /.well-known/mercure: a stream of updates.
func (s *Server) subscribeMercure(c *call) error {
	return s.streamBy(c, func() (*actors.Attach, error) { return s.admittedMercure(c) })
}

// admittedMercure makes the Attach of a subscriber for which there is room. One
// without a subject is a user of its own.
func (s *Server) admittedMercure(c *call) (*actors.Attach, error) {
	token, err := s.mercureReader(c) // before the selectors, which cost more
	if err != nil {
		return nil, err
	}
	selectors, err := mercureTopics(c.rc)
	if err != nil {
		return nil, err
	}
	selection, err := mercure.NewSelection(selectors, token.Subscribe)
	if err != nil { // the topics are good, so it is the claim
		return nil, unauthorised(fmt.Errorf("%w: %w", auth.ErrClaims, err))
	}
	attach := &actors.Attach{
		User:      token.User,
		Expires:   token.Expires,
		UserAgent: userAgent(c.rc.UserAgent()),
		Mercure: &actors.Mercure{
			Selection:   selection,
			LastEventID: mercureLastEventID(c.rc),
			Head:        s.mercureHead(c.origin),
		},
	}
	if token.User == "" {
		attach.User, attach.Anonymous = newURN(), true
	} else {
		attach.Allowed = func() bool { return s.revocations.Check(&token.Principal) == nil }
	}
	return attach, nil
}

// mercureReader returns the token of a subscriber, an empty one for somebody
// unknown if those are let in.
func (s *Server) mercureReader(c *call) (auth.MercureToken, error) {
	credential, err := s.mercureCredential(c)
	if err != nil {
		return auth.MercureToken{}, err
	}
	if credential == nil && s.cfg.MercureAnonymous {
		return auth.MercureToken{}, nil
	}
	return s.verifyMercure(credential, s.mercure)
}

// mercureTopics reads the selectors of a subscription.
func mercureTopics(rc *fasthttp.RequestCtx) ([]string, error) {
	values := rc.QueryArgs().PeekMulti("topic")
	switch {
	case len(values) == 0:
		return nil, invalid("missing_field", "topic", "the query names at least one topic")
	case len(values) > maxTopics:
		return nil, invalid("too_many_topics", "topic", "the query names more than "+strconv.Itoa(maxTopics)+" topics")
	}
	topics := make([]string, len(values))
	for i, value := range values {
		topics[i] = string(value)
		if _, err := mercure.ParseSelector(topics[i]); err != nil {
			return nil, invalid("invalid_topic", "topic", err.Error())
		}
	}
	return topics, nil
}

// unknownEventID stands for an id that no hub wrote: it leads to everything there
// is, and cannot hurt in the header that tells so.
const unknownEventID = "#malformed"

// mercureLastEventID returns what the client saw last: the header, which browsers
// send when they reconnect, or else the parameter, under its name of today or of
// the first drafts.
func mercureLastEventID(rc *fasthttp.RequestCtx) string {
	id := rc.Request.Header.Peek("Last-Event-Id")
	for _, name := range []string{"lastEventID", "Last-Event-ID"} {
		if len(id) == 0 {
			id = rc.QueryArgs().Peek(name)
		}
	}
	if len(id) > mercure.MaxIDLen || !utf8.Valid(id) || bytes.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return unknownEventID
	}
	return string(id)
}

// mercureHead returns what makes the head of a stream once it is known behind which
// event it begins.
func (s *Server) mercureHead(origin []byte) func(lastEventID string) []byte {
	page := bytes.Clone(origin) // the request is gone by then
	return func(lastEventID string) []byte {
		lines := s.plainCoding() + "Last-Event-ID: " + lastEventID + "\r\n"
		if page != nil {
			lines += "Access-Control-Expose-Headers: Last-Event-ID\r\n"
		}
		return appendStreamHead(make([]byte, 0, 640), page, lines, time.Now())
	}
}

// mercureBody lets updates be as large as messages on the public listener too.
func (s *Server) mercureBody(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	cfg := s.bodyDeadline(h)
	if path, _, _ := strings.Cut(string(h.RequestURI()), "?"); path == mercurePath {
		cfg.MaxRequestBodySize = s.cfg.MaxBody
	}
	return cfg
}

// newURN returns a random name (RFC 9562 section 5.4).
func newURN() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
