package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"example.org/hub/engine"
)

const (
	// appenders is how many calls of the append script are on their way at once.
	// A second one keeps the server busy while the first one's answer travels;
	// more would only make the calls smaller.
	appenders = 2

	// maxRequests is how many records wait for an appender.
	maxRequests = 1024

	// maxAnew is how often a call is repeated because the log had to be made.
	maxAnew = 3

	// recordExtra is what a server adds to a record, roughly.
	recordExtra = 32
)

var (
	errLost = errors.New("the log was lost again and again")
	errLate = errors.New("the server did not answer in time")

	keepUsed = strconv.FormatInt(int64(engine.IdempotencyTTL/time.Millisecond), 10)
)

// runAppender sends the records that wait until ctx ends. Whatever has gathered
// goes into one call, which saves more than half of the time that the server and
// the hub spend on a record; nobody waits for more to gather.
func (e *Engine) runAppender(ctx context.Context) {
	var c call
	for {
		select {
		case first := <-e.requests:
			c.reset()
			c.add(first)
			for more := true; more && !c.full(); {
				select {
				case next := <-e.requests:
					c.add(next)
				default:
					more = false
				}
			}
			e.send(ctx, &c)
		case <-ctx.Done():
			return
		}
	}
}

// send has the server store the call's records and answers their callers.
func (e *Engine) send(ctx context.Context, c *call) {
	requests := slices.Concat(c.keyed, c.plain)
	if len(requests) == 0 {
		return
	}
	ctx, cancel := context.WithDeadline(ctx, c.until)
	defer cancel()
	answers, err := e.store(ctx, requests)
	for i, r := range requests {
		if err != nil {
			r.done <- result{err: err}
			continue
		}
		res := r.stored(answers[0], answers[i+1])
		if res.err == nil && !res.appended.Duplicate {
			e.witness.observe(res.appended.Position, r.data)
			e.bytes.Add(int64(len(r.data) + recordExtra))
		}
		r.done <- res
	}
}

// store calls the append script, and makes the log first if that must be.
func (e *Engine) store(ctx context.Context, requests []*request) ([]string, error) {
	for range maxAnew {
		known := e.witness.now()
		keys := append(make([]string, 0, len(requests)+2), e.names.log, e.names.meta)
		args := append(make([]string, 0, len(requests)+4),
			strconv.Itoa(e.cfg.MaxRecords), known.epoch, strconv.FormatUint(known.seq, 10), keepUsed)
		for _, r := range requests {
			if r.key != "" {
				keys = append(keys, r.key)
			}
			args = append(args, rueidis.BinaryString(r.data))
		}
		answers, err := appendScript.run(ctx, e.client, keys, args...).AsStrSlice()
		if err == nil && len(answers) != len(requests)+1 {
			err = fmt.Errorf("%d answers for %d records", len(answers), len(requests))
		}
		if !rueidis.IsRedisNil(err) {
			return answers, err
		}
		// The script has stored nothing, so the records may be sent again.
		if _, err := e.state(ctx, e.client, e.witness.now(), false); err != nil {
			return nil, err
		}
	}
	return nil, errLost
}
