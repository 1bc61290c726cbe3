package transport

import (
	"time"

	"github.com/valyala/fasthttp"

	"example.org/hub/auth"
)

// issueTicket serves POST /api/sse/ticket: it exchanges a bearer token or the
// cookie for a ticket that a URL may carry, since it works once and not for
// long.
func (s *Server) issueTicket(c *call) error {
	if !s.limits.allow() {
		p := *refused(RefusedConnectRate)
		p.status, p.retryAfter = fasthttp.StatusTooManyRequests, retrySeconds(s.retry())
		return &p
	}
	user, err := s.identify(c, false)
	if err != nil {
		return err
	}
	return s.answerTicket(c, user)
}

func (s *Server) answerTicket(c *call, user auth.Principal) error {
	ticket, expires, err := s.tickets.Issue(user)
	if err != nil {
		return ticketProblem(err)
	}
	return c.answerJSON(ticketAnswer{
		Ticket:      ticket,
		ExpiresInMs: max(time.Until(expires).Milliseconds(), 0),
	})
}

type ticketAnswer struct {
	Ticket      string `json:"ticket"`
	ExpiresInMs int64  `json:"expiresInMs"`
}
