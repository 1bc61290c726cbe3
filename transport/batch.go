package transport

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// batchLine is what became of one line of an NDJSON body.
type batchLine struct {
	pending *history.Pending
	counted bool // by all hubs
	out     delivered
	err     error
	target  string
}

// publishBatch stores all lines, or events of an array, one after another, before
// it waits for the first of them to be delivered. A line that is refused fails
// alone, but the publisher's rate limit takes all of them or none.
func (s *Server) publishBatch(c *call, p *posted) error {
	start := time.Now()
	split := splitBatch
	if p.form == formCloudBatch {
		split = splitCloudBatch
	}
	lines, err := split(c.rc.PostBody(), s.cfg.MaxBatch)
	if err == nil {
		err = s.takePublish(c, len(lines))
	}
	if err != nil {
		s.metrics.published(targetNone, err)
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.AppendTimeout)
	defer cancel()
	results := make([]batchLine, len(lines))
	for i, line := range lines {
		results[i] = s.appendLine(ctx, c, p, line, i+1, start)
	}
	s.await(ctx, results)
	s.answerBatch(c, results, p.trace)
	s.metrics.publishTotal.UpdateDuration(start)
	return nil
}

// splitBatch returns the lines of a body. The last one may end with a line feed
// or not; there are no empty ones in between.
func splitBatch(body []byte, most int) ([][]byte, error) {
	body = bytes.TrimSuffix(body, []byte{'\n'})
	if len(body) == 0 {
		return nil, invalid("empty_batch", "", "the body holds no message")
	}
	if n := bytes.Count(body, []byte{'\n'}) + 1; n > most {
		return nil, &problem{
			status: fasthttp.StatusRequestEntityTooLarge, code: "batch_too_large",
			message: fmt.Sprintf("the body has %d lines, the limit is %d", n, most),
		}
	}
	return bytes.Split(body, []byte{'\n'}), nil
}

func (s *Server) appendLine(ctx context.Context, c *call, p *posted, line []byte, number int, now time.Time) batchLine {
	rec, own, err := s.decodeAs(p, line, now)
	if err != nil {
		return batchLine{err: err, target: targetNone}
	}
	key := lineKey(p.key, number)
	if key == "" && own != "" {
		key = scopedKey(c.caller.Name(), []byte(own))
	}
	target := targetOf(rec.To)
	rec.Counted = s.wantsAllHubs(c)
	pending, err := s.append(ctx, rec, key)
	return batchLine{pending: pending, counted: rec.Counted, err: err, target: target}
}

// await waits for the outcomes of all lines.
func (s *Server) await(ctx context.Context, results []batchLine) {
	var pending []*history.Pending
	var outs []*delivered
	for i := range results {
		r := &results[i]
		if r.err != nil {
			continue
		}
		r.out.Outcome = r.pending.Wait(ctx)
		if r.counted && !r.out.Duplicate {
			pending, outs = append(pending, r.pending), append(outs, &r.out)
		}
	}
	s.countAll(pending, outs)
}

// answerBatch writes one result a line. If no line was stored, the status is
// that of the first failure, so that a caller who looks only there notices.
func (s *Server) answerBatch(c *call, results []batchLine, trace string) {
	rc := c.rc
	setNoStore(rc, contentNDJSON)
	body := make([]byte, 0, len(results)*64)
	stored := len(results) == 0 // CloudEvents may come in an empty array
	for i := range results {
		r := &results[i]
		if r.err == nil {
			stored = true
			body = appendOutcome(body, r.out)
		} else {
			body = s.appendLineProblem(c, body, i+1, r.err, trace)
		}
		body = append(body, '\n')
		s.metrics.published(r.target, r.err)
	}
	rc.SetStatusCode(fasthttp.StatusAccepted)
	if !stored {
		p, _ := problemOf(results[0].err)
		rc.SetStatusCode(p.status)
		if p.retryAfter > 0 {
			rc.Response.Header.Set(fasthttp.HeaderRetryAfter, strconv.Itoa(p.retryAfter))
		}
	}
	rc.Response.AppendBody(body)
}

func (s *Server) appendLineProblem(c *call, b []byte, line int, err error, trace string) []byte {
	p, known := problemOf(err)
	if !known {
		s.log.Error("message of a batch failed", "line", line, "request_id", c.requestID(), "traceparent", trace, "err", err)
	} else if s.log.Enabled(context.Background(), slog.LevelDebug) {
		s.log.Debug("message of a batch not published", "line", line, "request_id", c.requestID(), "traceparent", trace, "err", err)
	}
	b = append(b, `{"line":`...)
	b = strconv.AppendInt(b, int64(line), 10)
	b = append(b, ',')
	return append(b, p.json()[1:]...)
}

// targetOf is how metrics call the addresses of a message.
func targetOf(to []engine.Address) string {
	if len(to) != 1 {
		return targetSeveral
	}
	switch kind, _ := to[0].Split(); kind {
	case engine.KindAll:
		return targetBroadcast
	case engine.KindUser:
		return targetUser
	case engine.KindTopic:
		return targetTopic
	default:
		return targetConnection
	}
}
