package nats

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"

	natsgo "github.com/nats-io/nats.go"

	"example.org/hub/engine"
)

// Ask sends the question and hands on the replies until ctx ends, which is no
// error, or answer has enough. It fails with engine.ErrUnavailable or
// engine.ErrClosed.
func (e *Engine) Ask(ctx context.Context, question []byte, answer func(hub string, reply []byte) (more bool)) error {
	if e.life.Err() != nil {
		return engine.ErrClosed
	}
	scoped, cancel := e.scope(ctx)
	defer cancel()
	inbox := e.nc.NewInbox()
	sub, err := e.nc.SubscribeSync(inbox)
	if err != nil {
		return e.failure(ctx, "ask hubs", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only if the connection is closed
	if err := e.nc.PublishRequest(e.names.question, inbox, question); err != nil {
		return e.failure(ctx, "ask hubs", err)
	}
	for {
		msg, err := sub.NextMsgWithContext(scoped)
		switch {
		case errors.Is(err, natsgo.ErrNoResponders):
			return nil // nobody is there to answer
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return e.failure(ctx, "ask hubs", err)
		}
		hub, reply, ok := splitReply(msg.Data)
		if ok && !answer(hub, reply) {
			return nil
		}
	}
}

// Answer has handle reply to questions, one after the other. It fails with
// engine.ErrUnavailable, engine.ErrClosed or the context's error.
func (e *Engine) Answer(ctx context.Context, hub string, handle func(question []byte) (reply []byte)) (stop func(), err error) {
	if e.life.Err() != nil {
		return nil, engine.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a := &answerer{hub: hub, handle: handle}
	sub, err := e.nc.Subscribe(e.names.question, a.take)
	if err != nil {
		return nil, e.failure(ctx, "answer hubs", err)
	}
	end := sync.OnceFunc(func() {
		a.stop()
		_ = sub.Unsubscribe() // fails only if the connection is closed
	})
	asking, cancel := context.WithTimeout(ctx, e.cfg.requestTimeout)
	defer cancel()
	if err := e.nc.FlushWithContext(asking); err != nil {
		end()
		return nil, e.failure(ctx, "answer hubs", err)
	}
	forget := context.AfterFunc(ctx, end)
	return func() {
		forget()
		end()
	}, nil
}

// answerer replies to questions until it is stopped.
type answerer struct {
	hub    string
	handle func(question []byte) []byte

	mu      sync.Mutex // held while a question is answered
	stopped bool
}

func (a *answerer) take(msg *natsgo.Msg) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return
	}
	if reply := a.handle(msg.Data); reply != nil {
		_ = msg.Respond(joinReply(a.hub, reply)) // who asked does not wait for a hub that is cut off
	}
}

// stop waits for the question that is being answered.
func (a *answerer) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
}

// joinReply puts the name of the hub in front of its reply.
func joinReply(hub string, reply []byte) []byte {
	b := binary.AppendUvarint(make([]byte, 0, 4+len(hub)+len(reply)), uint64(len(hub)))
	b = append(b, hub...)
	return append(b, reply...)
}

func splitReply(b []byte) (hub string, reply []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, false
	}
	b = b[n:]
	return string(b[:size]), b[size:], true
}
