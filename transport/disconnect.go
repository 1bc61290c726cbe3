package transport

import (
	"context"
	"time"

	"github.com/valyala/fasthttp"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// disconnectUser serves DELETE /api/users/{id}/connections.
func (s *Server) disconnectUser(c *call) error {
	return s.control(c, &engine.Record{Kind: engine.Disconnect, To: []engine.Address{engine.User(c.id)}})
}

// disconnectOne serves DELETE /api/connections/{id}.
func (s *Server) disconnectOne(c *call) error {
	return s.control(c, &engine.Record{Kind: engine.Disconnect, To: []engine.Address{engine.Connection(c.id)}})
}

// control sends an order to all hubs by the log, where events go too: a hub that
// is cut off carries it out when it returns. The answer counts what it reached
// on this hub.
func (s *Server) control(c *call, rec *engine.Record) error {
	out, err := s.order(c, rec)
	if err != nil {
		return err
	}
	setNoStore(c.rc, contentJSON)
	c.rc.SetStatusCode(fasthttp.StatusAccepted)
	c.rc.Response.AppendBody(appendOutcome(make([]byte, 0, 96), delivered{Outcome: out}))
	return nil
}

func (s *Server) order(c *call, rec *engine.Record) (history.Outcome, error) {
	rec.Time = time.Now()
	key, err := idempotencyKey(c)
	if err != nil {
		return history.Outcome{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.AppendTimeout)
	defer cancel()
	pending, err := s.events.Append(ctx, rec, key)
	if err != nil {
		if ctx.Err() != nil {
			err = errUnavailable
		}
		return history.Outcome{}, err
	}
	s.log.Info("order given", "path", c.path(), "id", c.id, "by", c.caller.Name(), "request_id", c.requestID())
	return pending.Wait(ctx), nil
}
