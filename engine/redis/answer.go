package redis

import (
	"context"
	"strings"
	"sync"
)

// maxQuestions is how many questions wait while one is answered; further ones are
// dropped, and whoever asked lists this hub as silent.
const maxQuestions = 64

// answerer answers questions in the name of a hub, one after the other.
type answerer struct {
	e         *Engine
	hub       string
	handle    func(question []byte) (reply []byte)
	questions chan question
}

// Answer takes questions from the channel of Ask. handle is called for one
// question at a time.
//
// Errors: engine.ErrUnavailable if ctx ends before the server was reached,
// engine.ErrClosed, or the context's error if it had ended before the call.
func (e *Engine) Answer(ctx context.Context, hub string, handle func(question []byte) (reply []byte)) (stop func(), err error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	if err := e.subscriber.await(ctx); err != nil {
		return nil, err
	}
	a := &answerer{e: e, hub: hub, handle: handle, questions: make(chan question, maxQuestions)}
	running, cancel := context.WithCancel(ctx)
	unlink := context.AfterFunc(e.ctx, cancel)
	e.subscriber.add(a)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer e.subscriber.remove(a)
		a.run(running)
	}()
	return sync.OnceFunc(func() {
		unlink()
		cancel()
		<-done
	}), nil
}

// run answers until ctx ends.
func (a *answerer) run(ctx context.Context) {
	for {
		select {
		case q := <-a.questions:
			a.answer(ctx, q)
		case <-ctx.Done():
			return
		}
	}
}

func (a *answerer) answer(ctx context.Context, q question) {
	text := a.handle(q.text)
	if text == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r := reply{token: q.token, hub: a.hub, text: text}
	if err := a.e.spublish(ctx, q.inbox, r.encode()); err != nil && ctx.Err() == nil {
		a.e.log.Warn("question not answered", "err", err)
	}
}

func (s *subscriber) add(a *answerer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answerers[a] = struct{}{}
}

func (s *subscriber) remove(a *answerer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.answerers, a)
}

// receiveQuestion hands a question to the answerers that have room. One that
// wants its answer anywhere but in a hub's inbox is dropped.
func (s *subscriber) receiveQuestion(message []byte) {
	q, err := parseQuestion(message)
	if err != nil || !strings.HasPrefix(q.inbox, s.e.names.inboxes) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for a := range s.answerers {
		select {
		case a.questions <- q:
		default:
		}
	}
}
