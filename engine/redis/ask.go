package redis

import (
	"context"
	"crypto/rand"

	"example.org/hub/engine"
)

// maxReplies is how many replies to one question wait for answer to take them;
// further ones are dropped. It is far more than there are hubs.
const maxReplies = 1024

// Ask sends a question over a channel that every hub listens to. Replies come to
// the channel of this process, whose name cannot be guessed, with a token that
// belongs to this one question. The end of ctx is no error, unless the server was
// not reached until then.
//
// Errors: engine.ErrUnavailable, engine.ErrClosed, or the context's error if it
// had ended before the call.
func (e *Engine) Ask(ctx context.Context, text []byte, answer func(hub string, reply []byte) (more bool)) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	if err := e.subscriber.await(ctx); err != nil {
		return err
	}
	token := rand.Text()
	replies := e.subscriber.ask(token)
	defer e.subscriber.asked(token)

	sending, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	q := question{inbox: e.names.inbox, token: token, text: text}
	if err := e.spublish(sending, e.names.questions, q.encode()); err != nil && ctx.Err() == nil {
		return e.failure(ctx, "ask", err)
	}
	for {
		select {
		case r := <-replies:
			if ctx.Err() != nil || !answer(r.hub, r.text) {
				return nil
			}
		case <-ctx.Done():
			return nil
		case <-e.ctx.Done():
			return engine.ErrClosed
		}
	}
}

// ask makes room for the replies to a question.
func (s *subscriber) ask(token string) <-chan reply {
	replies := make(chan reply, maxReplies)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asking[token] = replies
	return replies
}

// asked forgets a question: replies that come later are dropped.
func (s *subscriber) asked(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.asking, token)
}

func (s *subscriber) receiveReply(message []byte) {
	r, err := parseReply(message)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if replies, ok := s.asking[r.token]; ok {
		select {
		case replies <- r:
		default:
		}
	}
}
