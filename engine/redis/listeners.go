package redis

import (
	"context"
	"fmt"

	"example.org/hub/engine"
)

// listen adds a tail that gets the transient records that arrive from now on.
func (s *subscriber) listen() *transients {
	q := newTransients()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tails[q] = struct{}{}
	return q
}

// leave removes a tail.
func (s *subscriber) leave(q *transients) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tails, q)
	s.lost += q.missed()
}

// dropped returns how many transient records tails have missed.
func (s *subscriber) dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.lost
	for q := range s.tails {
		n += q.missed()
	}
	return n
}

// await returns once messages arrive here, or with engine.ErrUnavailable when ctx
// ends before.
func (s *subscriber) await(ctx context.Context) error {
	s.mu.Lock()
	up := s.up
	s.mu.Unlock()
	select {
	case <-up:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("subscribe: %w", engine.ErrUnavailable)
	case <-s.e.ctx.Done():
		return engine.ErrClosed
	}
}

// subscribed reports whether messages arrive here.
func (s *subscriber) subscribed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.up:
		return true
	default:
		return false
	}
}

func (s *subscriber) setUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.up)
}

func (s *subscriber) setDown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up = make(chan struct{})
}
