package transport

import (
	"time"

	"example.org/hub/engine"
)

// revoke serves POST /api/users/{id}/revoke: the user's tokens issued before now
// are refused, and the streams that they opened end.
func (s *Server) revoke(c *call) error {
	if _, err := idempotencyKey(c); err != nil {
		return err // before anything is done
	}
	rec := &engine.Record{Kind: engine.Revoke, To: []engine.Address{engine.User(c.id)}}
	// This hub refuses them from before the order is stored: a client whose
	// stream ends must not come back in between. Should the order fail, the
	// tokens stay refused here, and the caller is told to repeat it.
	s.revocations.Revoke(c.id, time.Now())
	return s.control(c, rec)
}
