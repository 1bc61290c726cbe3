package nats

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// idleCheck is how often a link on which nothing arrives is compared with the
// stream: a lost message is otherwise only noticed by the one behind it.
const idleCheck = 5 * time.Second

// session is the life of one consumer.
type session struct {
	link *link
	ctx  context.Context // of this session; its cause is what was wrong
	fail context.CancelCauseFunc

	mu       sync.Mutex // held while a message is being taken
	over     bool
	next     uint64 // the record that is due
	consumer uint64 // the consumer's own number of the last message
}

// take handles one message. It blocks while deliver is busy, which holds up the
// pulling from the server.
func (s *session) take(msg jetstream.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	if err := s.record(msg); err != nil {
		s.over = true
		s.fail(err)
	}
}

func (s *session) record(msg jetstream.Msg) error {
	meta, err := msg.Metadata()
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	if meta.Sequence.Consumer != s.consumer+1 {
		return errStalled
	}
	s.consumer++
	seq := meta.Sequence.Stream
	if seq > s.next {
		if err := s.skip(seq, meta.Timestamp); err != nil {
			return err
		}
	}
	rec, err := engine.ParseRecord(msg.Data())
	if err != nil {
		s.link.e.badRecords.Add(1)
		rec = hollow(meta.Timestamp)
	}
	return s.put(seq, rec)
}

// skip goes on after records that are not in the stream. They are either too old
// by now, which ends the tail, or somebody deleted them.
func (s *session) skip(to uint64, at time.Time) error {
	if _, err := s.link.check(s.ctx, s.next); err != nil {
		return err
	}
	for s.next < to {
		s.link.e.badRecords.Add(1)
		if err := s.put(s.next, hollow(at)); err != nil {
			return err
		}
	}
	return nil
}

// hollow returns a record in the place of one that cannot be read: for nobody.
func hollow(at time.Time) *engine.Record { return &engine.Record{Time: at} }

func (s *session) put(seq uint64, rec *engine.Record) error {
	select {
	case s.link.records <- engine.Stored{Seq: seq, Record: rec}:
		s.next = seq + 1
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
}

// watch returns what is wrong when something is.
func (s *session) watch(lost <-chan struct{}) error {
	ticker := time.NewTicker(idleCheck)
	defer ticker.Stop()
	var at idle
	for {
		select {
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		case <-lost:
			return errDisconnected
		case <-ticker.C:
			if err := s.compare(&at); err != nil {
				return err
			}
		}
	}
}

// idle is what the last comparison with the stream has found.
type idle struct {
	next    uint64 // the record that was due
	missing bool   // and the stream had it
}

// compare finds out whether a link on which nothing arrived since the last time
// should have brought something.
func (s *session) compare(at *idle) error {
	if !s.mu.TryLock() {
		return nil // busy
	}
	next := s.next
	s.mu.Unlock()
	if next != at.next {
		*at = idle{next: next}
		return nil
	}
	head, err := s.link.check(s.ctx, next)
	if err != nil {
		return err
	}
	if head >= next && at.missing {
		return errStalled
	}
	at.missing = head >= next
	return nil
}

// close ends the session and returns the record that is due.
func (s *session) close() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	return s.next
}
