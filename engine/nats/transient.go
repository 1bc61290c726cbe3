package nats

import (
	"context"
	"errors"
	"fmt"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// maxTransients is how many transient records wait for a tail that is busy.
// Further ones are dropped and counted.
const maxTransients = 4096

// send hands a transient record to the tails. Nobody says whether it arrived.
func (e *Engine) send(ctx context.Context, data []byte, id string) (engine.Appended, error) {
	if id != "" {
		used, err := e.claim(ctx, id)
		if err != nil || used {
			return engine.Appended{Duplicate: used}, err
		}
	}
	err := e.nc.Publish(e.names.transient, data)
	if errors.Is(err, natsgo.ErrMaxPayload) {
		err = fmt.Errorf("%w: %d bytes", ErrTooLarge, len(data))
	}
	return engine.Appended{}, err
}

// claim reports whether a transient record's key was used before. The keys have a
// stream of their own, because those of the log take positions: it retains one
// empty message, and remembers ids like any stream.
func (e *Engine) claim(ctx context.Context, id string) (used bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.ackTimeout)
	defer cancel()
	for range 2 {
		if err := e.makeKeys(ctx); err != nil {
			return false, err
		}
		msg := &natsgo.Msg{Subject: e.names.keySubj, Header: natsgo.Header{jetstream.MsgIDHeader: {id}}}
		ack, err := e.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0))
		switch {
		case err == nil:
			return ack.Duplicate, nil
		case isConflict(err):
			return true, nil
		case !errors.Is(err, jetstream.ErrNoStreamResponse):
			return false, err
		}
		e.keysReady.Store(false) // the servers have lost it
	}
	return false, jetstream.ErrNoStreamResponse
}

func (e *Engine) makeKeys(ctx context.Context) error {
	if e.keysReady.Load() {
		return nil
	}
	_, err := e.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:       e.names.keys,
		Subjects:   []string{e.names.keySubj},
		Storage:    jetstream.MemoryStorage,
		Discard:    jetstream.DiscardOld,
		MaxMsgs:    1,
		Duplicates: engine.IdempotencyTTL,
		Replicas:   e.replicas(),
	})
	if err != nil {
		return fmt.Errorf("make stream of keys: %w", err)
	}
	e.keysReady.Store(true)
	return nil
}

// listen subscribes to transient records. What a full channel has no room for is
// dropped by the client library.
func (e *Engine) listen() (<-chan *natsgo.Msg, func(), error) {
	ch := make(chan *natsgo.Msg, maxTransients)
	sub, err := e.nc.ChanSubscribe(e.names.transient, ch)
	if err != nil {
		return nil, nil, fmt.Errorf("subscribe to transient records: %w", err)
	}
	return ch, func() { _ = sub.Unsubscribe() }, nil // fails only if the connection is closed
}

// transient reads a transient record.
func (e *Engine) transient(msg *natsgo.Msg) (engine.Stored, bool) {
	rec, err := engine.ParseRecord(msg.Data)
	if err != nil {
		e.badRecords.Add(1)
		return engine.Stored{}, false
	}
	return engine.Stored{Record: rec}, true
}
