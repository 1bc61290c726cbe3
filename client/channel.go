package client

import "example.org/hub/sse"

// Channel is Events for a select: it connects and returns a channel of every
// event, which is closed when the stream has ended, by itself, Close or the
// context; Err tells why. Nothing is buffered, so that LastEventID is that of the
// last event that was received, or before.
//
// It starts a goroutine, which Close ends. Call it once, and not together with
// Events.
func (s *Stream) Channel() <-chan sse.Event {
	events := make(chan sse.Event)
	go func() {
		defer close(events)
		s.setErr(s.forward(events))
	}()
	return events
}

// forward returns what ended the stream, nil if that was Close.
func (s *Stream) forward(events chan<- sse.Event) error {
	received := s.LastEventID()
	for ev, err := range s.Events() {
		if err != nil {
			return err
		}
		select {
		case events <- ev:
			received = s.LastEventID()
		case <-s.ctx.Done():
			s.setLastEventID(received) // nobody took this one
			return s.ended()
		}
	}
	return nil
}

// Err returns why the channel of Channel was closed: what Events would have
// yielded, nil after Close.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Stream) setErr(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}
