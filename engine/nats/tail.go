package nats

import (
	"context"

	natsgo "github.com/nats-io/nats.go"

	"example.org/hub/engine"
)

const (
	// maxBatch is how many records are delivered at once.
	maxBatch = 512

	// readAhead is how many decoded records wait for deliver.
	readAhead = 512
)

// Tail follows the stream and takes up lost links by itself, behind the last
// record it has. Besides the errors of engine.Engine it returns
// engine.ErrTruncated when after is beyond the head, when retention overtakes it,
// and when the stream is not that of the last Bounds any more: Bounds then tells
// the new epoch.
//
// A record that cannot be read comes as one without content for nobody, so that
// positions stay without holes; it is counted in Stats.
func (e *Engine) Tail(ctx context.Context, after uint64, deliver func(batch []engine.Stored) error) error {
	if e.life.Err() != nil {
		return engine.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	transients, unsubscribe, err := e.listen()
	if err != nil {
		return e.failure(ctx, "tail", err)
	}
	defer unsubscribe()

	scoped, cancel := e.scope(ctx)
	l := newLink(e, after)
	go l.run(scoped)
	defer func() {
		cancel()
		<-l.done
	}()
	t := tail{e: e, link: l, transients: transients, batch: make([]engine.Stored, 0, maxBatch)}
	return t.run(scoped, deliver)
}

// tail merges the stream with the transient records.
type tail struct {
	e          *Engine
	link       *link
	transients <-chan *natsgo.Msg
	batch      []engine.Stored
}

func (t *tail) run(ctx context.Context, deliver func(batch []engine.Stored) error) error {
	for {
		select {
		case s, ok := <-t.link.records:
			if !ok {
				<-t.link.done
				return t.link.err
			}
			t.batch = append(t.batch, s)
		case msg := <-t.transients:
			t.add(msg)
		case <-ctx.Done():
		}
		t.drain()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if len(t.batch) == 0 {
			continue
		}
		if err := deliver(t.batch); err != nil {
			return err
		}
		clear(t.batch) // a waiting tail keeps no record alive
		t.batch = t.batch[:0]
	}
}

// drain adds what is there already.
func (t *tail) drain() {
	for len(t.batch) < maxBatch {
		select {
		case s, ok := <-t.link.records:
			if !ok {
				return // run will see that
			}
			t.batch = append(t.batch, s)
		case msg := <-t.transients:
			t.add(msg)
		default:
			return
		}
	}
}

func (t *tail) add(msg *natsgo.Msg) {
	if s, ok := t.e.transient(msg); ok {
		t.batch = append(t.batch, s)
	}
}
