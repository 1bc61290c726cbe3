package nats

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// join makes a consumer that starts at the next record, and then makes sure that
// it is one of the right stream.
func (l *link) join(ctx context.Context) (jetstream.Consumer, error) {
	asking, cancel := context.WithTimeout(ctx, l.e.cfg.requestTimeout)
	defer cancel()
	cons, err := l.e.js.CreateConsumer(asking, l.e.names.stream, jetstream.ConsumerConfig{
		Name:              rand.Text(),
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       l.next,
		AckPolicy:         jetstream.AckNonePolicy,
		InactiveThreshold: orphanTTL,
		MemoryStorage:     true,
		Replicas:          1,
	})
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("make consumer: %w", err)
	}
	if _, err := l.check(ctx, l.next); err != nil {
		return nil, err
	}
	return cons, err
}

// check compares the place with the stream and returns the stream's head.
func (l *link) check(ctx context.Context, next uint64) (head uint64, err error) {
	st, err := l.e.lookUp(ctx)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return 0, fmt.Errorf("%w: the stream is gone", engine.ErrTruncated)
	case err != nil:
		return 0, err
	case st.epoch != l.epoch:
		return 0, fmt.Errorf("%w: epoch %s, was %s", engine.ErrTruncated, st.epoch, l.epoch)
	case next < st.first:
		return 0, fmt.Errorf("%w: record %d, first is %d", engine.ErrTruncated, next, st.first)
	case next > st.head+1:
		return 0, fmt.Errorf("%w: record %d, head is %d", errBehind, next, st.head)
	}
	return st.head, nil
}

// drop deletes a consumer that has no use any more; a server that cannot hear it
// does so after orphanTTL.
func (l *link) drop(cons jetstream.Consumer) {
	if !l.e.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pullHeartbeat)
	defer cancel()
	_ = l.e.js.DeleteConsumer(ctx, l.e.names.stream, cons.CachedInfo().Name)
}
