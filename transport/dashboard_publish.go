package transport

import (
	"github.com/valyala/fasthttp"

	"example.org/hub/auth"
)

// publishFromDashboard serves POST /api/dashboard/messages: what somebody sends by
// the form of the dashboard's page. It takes what the internal listener takes, but
// only for a token that has both scopes, so that a service's token is worth
// nothing out here, and only in the header: a cookie would make it any page's to
// send.
func (s *Server) publishFromDashboard(c *call) error {
	if !s.limits.allow() {
		p := *refused(RefusedConnectRate)
		p.status, p.retryAfter = fasthttp.StatusTooManyRequests, retrySeconds(s.retry())
		return &p
	}
	user, err := s.holder(c.rc)
	if err != nil {
		return err
	}
	for _, scope := range []auth.Scope{auth.ScopeDashboard, auth.ScopePublish} {
		if !user.Has(scope) {
			return forbidden("missing_scope", "", deniedScope, "this needs the scopes dashboard and publish")
		}
	}
	c.caller = user
	if err := s.publish(c); err != nil {
		return err
	}
	s.log.Info("message sent from the dashboard", "by", user.Name(), "request_id", c.requestID())
	return nil
}
