package redis

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"example.org/hub/engine"
)

// Append stores rec, or hands it to the tails if it is transient. It waits for
// the server for at most two seconds, then it fails with engine.ErrUnavailable.
// What waits at the same time is stored together, see appender.
func (e *Engine) Append(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error) {
	if err := e.ready(ctx); err != nil {
		return engine.Appended{}, err
	}
	data := engine.AppendRecord(make([]byte, 0, rec.Size()), rec)
	if rec.Transient {
		return e.publish(ctx, data, key)
	}
	req := &request{data: data, until: time.Now().Add(patience), done: make(chan result, 1)}
	if key != "" {
		req.key = e.names.usedKey(key)
	}
	select {
	case e.requests <- req:
	case <-ctx.Done():
		return engine.Appended{}, ctx.Err()
	case <-e.ctx.Done():
		return engine.Appended{}, engine.ErrClosed
	}
	select {
	case res := <-req.done:
		if res.err != nil {
			return engine.Appended{}, e.failure(ctx, "append", res.err)
		}
		return res.appended, nil
	case <-ctx.Done():
		req.take() // if it was not sent yet, it need not be
		return engine.Appended{}, ctx.Err()
	case <-e.ctx.Done():
		return engine.Appended{}, engine.ErrClosed
	}
}

// request is a record on its way to the server.
type request struct {
	data  []byte
	key   string // where its use is noted, "" for none
	until time.Time
	taken atomic.Bool
	done  chan result // has room for the one result
}

type result struct {
	appended engine.Appended
	err      error
}

// take decides who has the request from now on: the appender that sends it, or
// its caller, who has given up. It reports whether nobody had it before.
func (r *request) take() bool { return r.taken.CompareAndSwap(false, true) }

// stored turns the script's answer for the request into its result.
func (r *request) stored(epoch, answer string) result {
	if text, duplicate := strings.CutPrefix(answer, "="); duplicate {
		at, err := usedPosition(text)
		return result{engine.Appended{Position: at, Duplicate: true}, err}
	}
	seq, err := strconv.ParseUint(answer, 10, 64)
	if err != nil {
		return result{err: fmt.Errorf("answer %q: %w", answer, err)}
	}
	return result{appended: engine.Appended{Position: engine.Position{Epoch: epoch, Seq: seq}}}
}

// usedPosition reads what is noted for a key: nothing if it was used for a
// transient record.
func usedPosition(text string) (engine.Position, error) {
	if text == "" {
		return engine.Position{}, nil
	}
	at, err := engine.ParsePosition(text)
	if err != nil {
		return engine.Position{}, fmt.Errorf("noted use %q: %w", text, err)
	}
	return at, nil
}
