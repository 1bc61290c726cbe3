package nats

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

const (
	// ackTimeout is how long Append waits for the stream.
	ackTimeout = 2 * time.Second

	// maxPending is how many appends may wait at once. Beyond it they fail.
	maxPending = 16384

	// conflictPause is how long an Append waits for another one of the same key
	// that the servers of a cluster have not agreed on yet.
	conflictPause = 5 * time.Millisecond
)

// errCodeConflict is what a clustered stream answers while it stores a record
// with the same key. The client library has no name for it.
const errCodeConflict jetstream.ErrorCode = 10158

// retryNoLeader is how an append is repeated for which no server takes the word: for
// half a second, as long as a leader is being chosen or the servers have not all
// heard of it.
var retryNoLeader = []jetstream.PublishOpt{
	jetstream.WithRetryWait(50 * time.Millisecond),
	jetstream.WithRetryAttempts(10),
}

// ErrTooLarge is wrapped by the error of Append for a record that the servers do
// not accept at all.
var ErrTooLarge = errors.New("record too large for the engine")

// Append stores rec and waits up to 2 seconds for the stream's word, and up to one
// more while a member hands the stream over. Besides the errors of engine.Engine
// it returns ErrTooLarge.
//
// Keys of transient records are remembered apart from those of others.
func (e *Engine) Append(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error) {
	if e.life.Err() != nil || !e.enter() {
		return engine.Appended{}, engine.ErrClosed
	}
	defer e.running.Done()
	if err := ctx.Err(); err != nil {
		return engine.Appended{}, err
	}
	if err := e.gate.enter(ctx, e.life); err != nil {
		return engine.Appended{}, err
	}
	defer e.gate.leave()
	data := engine.AppendRecord(make([]byte, 0, rec.Size()), rec)
	var appended engine.Appended
	var err error
	if rec.Transient {
		appended, err = e.send(ctx, data, messageID(key))
	} else {
		appended, err = e.store(ctx, data, messageID(key))
	}
	if err != nil {
		return engine.Appended{}, e.failure(ctx, "append", err)
	}
	return appended, nil
}

// messageID returns the text by which the stream recognises a key. A key itself
// could hold anything.
func messageID(key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// store appends a record that is retained.
func (e *Engine) store(ctx context.Context, data []byte, id string) (engine.Appended, error) {
	for start := time.Now(); ; {
		epoch := *e.epoch.Load()
		ack, err := e.publish(ctx, e.names.events+epoch, data, id)
		if err == nil {
			pos := engine.Position{Epoch: epoch, Seq: ack.Sequence}
			return engine.Appended{Position: pos, Duplicate: ack.Duplicate}, nil
		}
		if !isConflict(err) || time.Since(start) > e.cfg.ackTimeout {
			return engine.Appended{}, err
		}
		if !sleep(ctx, conflictPause) {
			return engine.Appended{}, ctx.Err()
		}
	}
}

func isConflict(err error) bool {
	var apiErr *jetstream.APIError
	return errors.As(err, &apiErr) && apiErr.ErrorCode == errCodeConflict
}

// publish sends a message to a stream and waits for its answer.
func (e *Engine) publish(ctx context.Context, subject string, data []byte, id string) (*jetstream.PubAck, error) {
	msg := &natsgo.Msg{Subject: subject, Data: data}
	if id != "" {
		msg.Header = natsgo.Header{jetstream.MsgIDHeader: {id}}
	}
	future, err := e.js.PublishMsgAsync(msg, retryNoLeader...)
	if errors.Is(err, natsgo.ErrMaxPayload) {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(data))
	}
	if err != nil {
		return nil, err
	}
	select {
	case ack := <-future.Ok():
		return ack, nil
	case err := <-future.Err():
		if errors.Is(err, jetstream.ErrNoStreamResponse) {
			e.relearn() // the stream is another one, or has no leader
		}
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// relearn looks for the stream again, beside the calls that failed for want of it.
func (e *Engine) relearn() {
	if !e.learning.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer e.learning.Store(false)
		ctx, cancel := context.WithTimeout(e.life, e.cfg.requestTimeout)
		defer cancel()
		if _, err := e.ensure(ctx); err != nil {
			e.log.Warn("nats stream not found", "err", err)
		}
	}()
}
