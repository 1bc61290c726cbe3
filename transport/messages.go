package transport

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// messageDecoders keep the scratch space of decoders that are not in use.
var messageDecoders = sync.Pool{New: func() any { return new(messageDecoder) }}

// publish serves POST /api/messages: one message as JSON, or many as NDJSON, or
// CloudEvents.
func (s *Server) publish(c *call) error {
	p, err := s.checkPublish(c)
	if err != nil {
		s.metrics.published(targetNone, err)
		return err
	}
	switch p.form {
	case formLines, formCloudBatch:
		err = s.publishBatch(c, &p)
	default:
		err = s.publishOne(c, &p)
	}
	if err != nil && p.trace != "" {
		s.log.Debug("message not published", "request_id", c.requestID(), "traceparent", p.trace, "err", err)
	}
	return err
}

func (s *Server) checkPublish(c *call) (p posted, err error) {
	h := &c.rc.Request.Header
	if err := checkUncoded(h); err != nil {
		return p, err
	}
	p.h = h
	var cloud bool
	p.trace, cloud = scanHeaders(h)
	if p.form, err = formOf(h, cloud); err != nil {
		return p, err
	}
	switch string(c.rc.QueryArgs().Peek("receipt")) {
	case "", "hub", "cluster":
	default:
		return p, invalid("invalid_receipt", "receipt", "receipt is hub or cluster")
	}
	p.key, err = idempotencyKey(c)
	return p, err
}

// checkUncoded refuses bodies that would have to be decompressed.
func checkUncoded(h *fasthttp.RequestHeader) error {
	if coding := h.ContentEncoding(); len(coding) > 0 && string(coding) != "identity" {
		return &problem{
			status: fasthttp.StatusUnsupportedMediaType, code: "unsupported_encoding", field: "Content-Encoding",
			message: "bodies are not decompressed: send it as it is",
		}
	}
	return nil
}

// isMediaType compares the essence of a Content-Type; parameters do not matter.
func isMediaType(header []byte, want string) bool {
	essence, _, _ := bytes.Cut(header, []byte{';'})
	essence = bytes.TrimRight(essence, " \t")
	return len(essence) == len(want) && bytes.EqualFold(essence, []byte(want))
}

func (s *Server) publishOne(c *call, p *posted) error {
	start := time.Now()
	if err := s.takePublish(c, 1); err != nil {
		s.metrics.published(targetNone, err)
		return err
	}
	target := targetNone
	out, err := s.send(c, p, start, &target)
	s.metrics.published(target, err)
	if err != nil {
		return err
	}
	setNoStore(c.rc, contentJSON)
	c.rc.SetStatusCode(fasthttp.StatusAccepted)
	c.rc.Response.AppendBody(appendOutcome(make([]byte, 0, 96), out))
	s.metrics.publishTotal.UpdateDuration(start)
	return nil
}

// send stores one message and waits until it is known whom it reached.
func (s *Server) send(c *call, p *posted, now time.Time, target *string) (delivered, error) {
	rec, own, err := s.decodeAs(p, c.rc.PostBody(), now)
	if err != nil {
		return delivered{}, err
	}
	key := p.key
	if key == "" && own != "" {
		key = scopedKey(c.caller.Name(), []byte(own))
	}
	*target = targetOf(rec.To)
	rec.Counted = s.wantsAllHubs(c)
	limit := newLateContext(now, s.cfg.AppendTimeout)
	defer limit.release()
	pending, err := s.append(limit, rec, key)
	if err != nil {
		return delivered{}, err
	}
	out := delivered{Outcome: pending.Wait(context.Background())} // which has a limit of its own
	if rec.Counted && !out.Duplicate {
		s.countAll([]*history.Pending{pending}, []*delivered{&out})
	}
	return out, nil
}

// append stores a record. A log that does not answer in time may still have
// stored it, which is what the idempotency key is for.
func (s *Server) append(ctx context.Context, rec *engine.Record, key string) (*history.Pending, error) {
	start := time.Now()
	pending, err := s.events.Append(ctx, rec, key)
	s.metrics.publishEngine.UpdateDuration(start)
	if err != nil {
		if ctx.Err() != nil {
			return nil, errUnavailable
		}
		return nil, err
	}
	s.messagesIn.Add(1)
	s.activity.published(rec.Name)
	return pending, nil
}

// delivered is what became of a message, here or on all hubs.
type delivered struct {
	history.Outcome
	coverage
}

// appendOutcome appends the answer to one message. Connections and users are
// those of this hub, or of all hubs that were asked and answered, and not known
// for a duplicate.
func appendOutcome(b []byte, out delivered) []byte {
	b = append(b, `{"id":`...)
	b = appendJSONString(b, out.ID)
	b = append(b, `,"connections":`...)
	b = strconv.AppendInt(b, int64(out.Connections), 10)
	b = append(b, `,"users":`...)
	b = strconv.AppendInt(b, int64(out.Users), 10)
	if out.Duplicate {
		b = append(b, `,"duplicate":true`...)
	}
	if out.Partial {
		b = append(b, `,"partial":true,"silent":[`...)
		for i, hub := range out.Silent {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONString(b, hub)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}
