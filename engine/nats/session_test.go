package nats

import (
	"context"
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// fakeMsg is a message with numbers that a test chose.
type fakeMsg struct {
	jetstream.Msg
	stream, consumer uint64
}

func (m fakeMsg) Data() []byte { return engine.AppendRecord(nil, record(int(m.stream))) }

func (m fakeMsg) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Sequence: jetstream.SequencePair{Stream: m.stream, Consumer: m.consumer}}, nil
}

func TestSession_EndsWhenAMessageWasLostOnTheWay(t *testing.T) {
	ctx, fail := context.WithCancelCause(t.Context())
	defer fail(nil)
	l := &link{records: make(chan engine.Stored, 10)}
	s := &session{link: l, ctx: ctx, fail: fail, next: 7}
	s.take(fakeMsg{stream: 7, consumer: 1})
	s.take(fakeMsg{stream: 8, consumer: 2})
	s.take(fakeMsg{stream: 10, consumer: 4})
	s.take(fakeMsg{stream: 11, consumer: 5})
	if err := context.Cause(ctx); !errors.Is(err, errStalled) {
		t.Errorf("the session's end is %v, want errStalled", err)
	}
	if next := s.close(); next != 9 || len(l.records) != 2 {
		t.Errorf("%d records were taken, due is %d, want 2 and 9", len(l.records), next)
	}
}

func TestSession_TakesNothingAfterItsEnd(t *testing.T) {
	ctx, fail := context.WithCancelCause(t.Context())
	defer fail(nil)
	l := &link{records: make(chan engine.Stored, 10)}
	s := &session{link: l, ctx: ctx, fail: fail, next: 1}
	s.close()
	s.take(fakeMsg{stream: 1, consumer: 1})
	if len(l.records) != 0 {
		t.Error("a message of the old consumer was taken")
	}
}

func TestLink_AnotherLeaderMayBeBehindForAMoment(t *testing.T) {
	fresh, joined := &link{}, &link{joined: true}
	if !fresh.lost(errBehind) {
		t.Error("a first join beyond the head is not of this log")
	}
	for range behindPatience - 1 {
		if joined.lost(errBehind) {
			t.Fatal("lost too early")
		}
	}
	if joined.lost(errDisconnected) {
		t.Error("a lost connection is not a lost place")
	}
	for range behindPatience - 1 {
		_ = joined.lost(errBehind)
	}
	if !joined.lost(errBehind) {
		t.Error("a log that stays behind has lost records")
	}
}
