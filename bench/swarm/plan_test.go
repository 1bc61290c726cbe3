package swarm

import (
	"slices"
	"testing"
	"time"
)

// sent collects what a plan hands out.
type sent struct {
	conns    []int
	intended []int64
}

func (s *sent) take(conn int, m Message) {
	s.conns = append(s.conns, conn)
	s.intended = append(s.intended, m.Intended)
}

func TestSchedule_AddsNoRoundingUp(t *testing.T) {
	s := Schedule{Start: 1000, Rate: 3, Count: 3_000_001}
	if got, want := s.Due(3_000_000), int64(1000+1_000_000*time.Second); got != want {
		t.Errorf("number 3,000,000 at 3/s is due at %d, want %d", got, want)
	}
}

func TestOpen_KeepsItsTimesWhateverTheAnswers(t *testing.T) {
	p := &Open{
		Schedule: Schedule{Start: 100, Rate: 1e8, Count: 4}, // every 10 ns
		Message:  func(i int) (Message, int) { return Message{}, i % 2 },
	}
	var s sent
	if again, more := p.Poll(0, s.take); again != 100 || !more || len(s.conns) != 0 {
		t.Errorf("before the start: again %d, more %v, sent %d", again, more, len(s.conns))
	}
	if again, more := p.Poll(115, s.take); again != 120 || !more {
		t.Errorf("in the middle: again %d, more %v", again, more)
	}
	if again, more := p.Poll(1000, s.take); again != Never || more {
		t.Errorf("far behind: again %d, more %v", again, more)
	}
	if want := []int64{100, 110, 120, 130}; !slices.Equal(s.intended, want) {
		t.Errorf("intended %v, want %v: the schedule was moved", s.intended, want)
	}
	if want := []int{0, 1, 0, 1}; !slices.Equal(s.conns, want) {
		t.Errorf("connections %v, want %v", s.conns, want)
	}
}

func TestClosed_SendsTheNextOnlyAfterAnAnswer(t *testing.T) {
	p := &Closed{Count: 4, Until: 1000, Conns: 2, Message: func(int) Message { return Message{} }}
	var s sent
	p.Poll(0, s.take)
	p.Poll(1, s.take)
	p.Answered(1)
	if _, more := p.Poll(2, s.take); !more {
		t.Error("ended after 3 of 4")
	}
	p.Answered(0)
	p.Answered(1)
	if _, more := p.Poll(3, s.take); more {
		t.Error("went on after 4 of 4")
	}
	if want := []int{0, 1, 1, 0}; !slices.Equal(s.conns, want) {
		t.Errorf("connections %v, want %v", s.conns, want)
	}
}

func TestClosed_EndsAtItsTime(t *testing.T) {
	p := &Closed{Count: 100, Until: 1000, Conns: 1, Message: func(int) Message { return Message{} }}
	var s sent
	p.Poll(0, s.take)
	p.Answered(0)
	if _, more := p.Poll(1000, s.take); more || len(s.conns) != 1 {
		t.Errorf("more %v, sent %d, want 1", more, len(s.conns))
	}
}

func TestRounds_NeedsTheAnswerAndEveryDelivery(t *testing.T) {
	woken := 0
	prog := NewProgress(2, func() { woken++ })
	p := &Rounds{Count: 3, Slots: 2, Progress: prog, Message: func(slot int) Message { return Message{Stamp: Stamp{Slot: slot}} }}
	var s sent
	p.Poll(0, s.take) // both slots
	prog.count(0, 1)
	p.Answered(0)
	if p.Poll(1, s.take); len(s.conns) != 2 || woken != 0 {
		t.Fatalf("sent %d after one of two deliveries, woken %d", len(s.conns), woken)
	}
	prog.count(0, 1)
	prog.count(1, 2)
	if p.Poll(2, s.take); !slices.Equal(s.conns, []int{0, 1, 0}) || woken != 2 {
		t.Fatalf("sent %v, woken %d: slot 1 has no answer yet", s.conns, woken)
	}
	p.Answered(1)
	p.Answered(0)
	prog.count(0, 2)
	if _, more := p.Poll(3, s.take); more || len(s.conns) != 3 {
		t.Errorf("more %v, sent %d, want the end after 3", more, len(s.conns))
	}
}
