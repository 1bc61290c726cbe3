package memory

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"

	"example.org/hub/engine"
)

// answerer replies to questions in the name of a hub, to one at a time.
type answerer struct {
	hub    string
	handle func(question []byte) (reply []byte)

	mu      sync.Mutex // held while a question is answered
	stopped bool
}

type reply struct {
	hub  string
	text []byte // nil for none
}

// Ask has every hub answer on a goroutine of its own. It returns when all have,
// besides when ctx ends or answer has enough.
func (e *Engine) Ask(ctx context.Context, question []byte, answer func(hub string, reply []byte) (more bool)) error {
	if err := e.hubs.enter(ctx); err != nil {
		return err
	}
	asked := slices.Collect(maps.Keys(e.hubs.answerers))
	e.hubs.mu.Unlock()
	replies := make(chan reply, len(asked)) // room for all: nobody is left behind who wants to reply
	for _, a := range asked {
		text := bytes.Clone(question)
		go func() { replies <- reply{a.hub, a.answer(text)} }()
	}
	for range asked {
		select {
		case r := <-replies:
			if r.text != nil && !answer(r.hub, r.text) {
				return nil
			}
		case <-ctx.Done():
			return nil
		case <-e.hubs.ended:
			return engine.ErrClosed
		}
	}
	return nil
}

// Answer has handle reply to questions, one after the other.
func (e *Engine) Answer(ctx context.Context, hub string, handle func(question []byte) (reply []byte)) (stop func(), err error) {
	if err := e.hubs.enter(ctx); err != nil {
		return nil, err
	}
	defer e.hubs.mu.Unlock()
	a := &answerer{hub: hub, handle: handle}
	e.hubs.answerers[a] = struct{}{}
	end := sync.OnceFunc(func() {
		e.hubs.mu.Lock()
		delete(e.hubs.answerers, a)
		e.hubs.mu.Unlock()
		a.stop()
	})
	forget := context.AfterFunc(ctx, end)
	return func() {
		forget()
		end()
	}, nil
}

func (a *answerer) answer(question []byte) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return nil
	}
	return a.handle(question)
}

// stop waits for the question that is being answered.
func (a *answerer) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
}
