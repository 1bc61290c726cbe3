package transport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/valyala/fasthttp"

	"example.org/hub/auth"
	"example.org/hub/engine"
	"example.org/hub/mercure"
)

const (
	contentForm = "application/x-www-form-urlencoded"
	contentText = "text/plain; charset=utf-8"
)

// publishMercure serves POST /.well-known/mercure: one update as a form. The answer
// is the update's id.
func (s *Server) publishMercure(c *call) error {
	start := time.Now()
	target := targetNone
	id, err := s.sendUpdate(c, start, &target)
	s.metrics.published(target, err)
	if err != nil {
		return err
	}
	setNoStore(c.rc, contentText)
	c.rc.Response.AppendBodyString(id)
	s.metrics.publishTotal.UpdateDuration(start)
	return nil
}

// sendUpdate stores an update and returns the id that subscribers see.
func (s *Server) sendUpdate(c *call, now time.Time, target *string) (string, error) {
	credential, err := s.mercureCredential(c)
	if err != nil {
		return "", err
	}
	token, err := s.verifyMercure(credential, s.publishers)
	if err != nil {
		return "", err
	}
	c.caller = token.Principal
	if err := s.takePublish(c, 1); err != nil {
		return "", err
	}
	rec, err := s.readUpdate(c, &token, now)
	if err != nil {
		return "", err
	}
	*target = targetOf(rec.To)
	key, err := idempotencyKey(c)
	if err != nil {
		return "", err
	}
	own := rec.ID
	limit := newLateContext(now, s.cfg.AppendTimeout)
	defer limit.release()
	pending, err := s.append(limit, rec, key)
	if err != nil {
		return "", err
	}
	out := pending.Wait(context.Background()) // which has a limit of its own
	if own != "" {
		return own, nil
	}
	return mercure.PositionID(out.ID), nil
}

// readUpdate reads the form and checks that all of its topics are the publisher's
// to send to.
func (s *Server) readUpdate(c *call, token *auth.MercureToken, now time.Time) (*engine.Record, error) {
	if err := checkUncoded(&c.rc.Request.Header); err != nil {
		return nil, err
	}
	if !isMediaType(c.rc.Request.Header.ContentType(), contentForm) {
		return nil, &problem{
			status: fasthttp.StatusUnsupportedMediaType, code: "unsupported_media_type", field: "Content-Type",
			message: "the body is " + contentForm,
		}
	}
	selectors, err := mercure.ParseSelectors(token.Publish)
	if err != nil {
		return nil, unauthorised(fmt.Errorf("%w: %w", auth.ErrClaims, err))
	}
	update, err := mercure.ParseUpdate(string(c.rc.PostBody()))
	if err != nil {
		return nil, invalidUpdate(err)
	}
	if len(update.Data) > s.cfg.MaxData {
		return nil, dataTooLarge(len(update.Data), s.cfg.MaxData)
	}
	if !update.AllMatch(selectors) {
		return nil, forbidden("topic_not_allowed", "topic", deniedTopic, "the token's mercure.publish does not allow all of the topics")
	}
	rec, err := update.Record(now)
	if err != nil {
		return nil, invalid("invalid_data", "data", err.Error())
	}
	return rec, nil
}

// invalidUpdate says which field of a form is wrong.
func invalidUpdate(err error) error {
	wrong, ok := errors.AsType[*mercure.FieldError](err)
	if !ok {
		return err
	}
	code := "invalid_form"
	if wrong.Field != "" {
		code = "invalid_" + wrong.Field
	}
	return invalid(code, wrong.Field, wrong.Rule)
}
