package actors

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// recorder is an invoker that writes down what it is given.
type recorder struct {
	got    []any
	failed []any
	fault  any
}

func (r *recorder) InvokeSystemMessage(m any) { r.got = append(r.got, m) }

func (r *recorder) InvokeUserMessage(m any) {
	if m == r.fault {
		panic("fault")
	}
	r.got = append(r.got, m)
}

func (r *recorder) EscalateFailure(_, m any) { r.failed = append(r.failed, m) }

func TestMailbox_SystemMessagesFirstAndNothingLostOnAFault(t *testing.T) {
	p := &pool{}
	p.wake.L = &p.mu
	p.size, p.workers = 1, []*worker{{pool: p}}
	r := &recorder{fault: 2}
	m := &mailbox{pool: p}
	m.RegisterHandlers(r, p)
	for i := range 4 {
		m.PostUserMessage(i + 1)
	}
	m.PostSystemMessage("stop")
	run := func() {
		for p.express.len() > 0 {
			p.express.pop().run(nil)
		}
	}
	run()
	if len(r.failed) != 1 || r.failed[0] != 2 {
		t.Errorf("failures %v, want [2]", r.failed)
	}
	want := []any{"stop", 1, 3, 4}
	for i, w := range want {
		if i >= len(r.got) || r.got[i] != w {
			t.Fatalf("got %v, want %v", r.got, want)
		}
	}
	m.PostSystemMessage(&actor.SuspendMailbox{})
	m.PostUserMessage(5)
	run()
	if len(r.got) != len(want) || m.UserMessageCount() != 1 {
		t.Errorf("a suspended mailbox handled a message: %v", r.got)
	}
	m.PostSystemMessage(&actor.ResumeMailbox{})
	run()
	if r.got[len(r.got)-1] != 5 {
		t.Errorf("a resumed mailbox did not go on: %v", r.got)
	}
}

// slowly is an invoker whose messages take a millisecond each.
type slowly struct{ recorder }

func (s *slowly) InvokeUserMessage(m any) {
	time.Sleep(time.Millisecond)
	s.recorder.InvokeUserMessage(m)
}

// An actor with endless input, each of it long, leaves others their turn.
func TestMailbox_EndsALongTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1)
		r := &slowly{}
		m := &mailbox{pool: p}
		m.RegisterHandlers(r, p)
		for i := range mailboxBudget {
			m.PostUserMessage(i)
		}
		done := -1
		p.Schedule(func() { done = len(r.got) })
		p.close()
		if done < 1 || done > 8 || len(r.got) != mailboxBudget {
			t.Errorf("another task ran after %d of %d messages", done, len(r.got))
		}
	})
}

func TestMailbox_KeepsOrderBeyondItsBudget(t *testing.T) {
	p := newPool(2)
	r := &recorder{}
	m := &mailbox{pool: p}
	m.RegisterHandlers(r, p)
	for i := range 10 * mailboxBudget {
		m.PostUserMessage(i)
	}
	p.close()
	if len(r.got) != 10*mailboxBudget {
		t.Fatalf("handled %d of %d", len(r.got), 10*mailboxBudget)
	}
	for i, m := range r.got {
		if m != i {
			t.Fatalf("message %d is %v", i, m)
		}
	}
}
