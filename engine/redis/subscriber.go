package redis

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/rueidis"

	"example.org/hub/engine"
)

// errUnsubscribed means that the server ended the subscription, because the
// channels moved to another node.
var errUnsubscribed = errors.New("unsubscribed by the server")

// subscriber holds one connection that receives all that comes over channels,
// and hands it to those in this process that listen.
type subscriber struct {
	e *Engine

	mu        sync.Mutex
	up        chan struct{} // closed while subscribed
	tails     map[*transients]struct{}
	answerers map[*answerer]struct{}
	asking    map[string]chan reply // by the question's token
	lost      uint64                // dropped by tails that have ended
}

func newSubscriber(e *Engine) *subscriber {
	return &subscriber{
		e:         e,
		up:        make(chan struct{}),
		tails:     make(map[*transients]struct{}),
		answerers: make(map[*answerer]struct{}),
		asking:    make(map[string]chan reply),
	}
}

// run stays subscribed until ctx ends.
func (s *subscriber) run(ctx context.Context) {
	for attempt := 0; ; attempt++ {
		subscribed, err := s.subscribe(ctx)
		if subscribed {
			attempt = 0
		}
		wait := pause(attempt)
		if ctx.Err() == nil {
			s.e.log.Warn("redis subscription interrupted", "err", err, "retry_ms", wait.Milliseconds())
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

// subscribe listens over a new connection until it fails.
func (s *subscriber) subscribe(ctx context.Context) (subscribed bool, err error) {
	conn, _ := s.e.client.Dedicate()
	end := sync.OnceFunc(conn.Close)
	defer end()
	defer context.AfterFunc(ctx, end)()

	ended := make(chan struct{}, 1)
	broken := conn.SetPubSubHooks(rueidis.PubSubHooks{
		OnMessage: s.receive,
		OnSubscription: func(c rueidis.PubSubSubscription) {
			if c.Kind == "sunsubscribe" {
				select {
				case ended <- struct{}{}:
				default:
				}
			}
		},
	})
	n := &s.e.names
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := conn.Do(waiting, conn.B().Ssubscribe().Channel(n.transients, n.questions, n.inbox).Build()).Error(); err != nil {
		return false, err
	}
	s.setUp()
	defer s.setDown()
	select {
	case err := <-broken:
		return true, err
	case <-ended:
		return true, errUnsubscribed
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

// receive is called by the connection for each message and must not wait.
func (s *subscriber) receive(m rueidis.PubSubMessage) {
	switch m.Channel {
	case s.e.names.transients:
		s.receiveRecord([]byte(m.Message))
	case s.e.names.questions:
		s.receiveQuestion([]byte(m.Message))
	case s.e.names.inbox:
		s.receiveReply([]byte(m.Message))
	}
}

func (s *subscriber) receiveRecord(message []byte) {
	rec, err := engine.ParseRecord(message)
	if err != nil {
		s.e.leaveOut(0, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for q := range s.tails {
		q.add(rec)
	}
}
