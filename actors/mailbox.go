package actors

import (
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// mailboxBudget is how many messages an actor handles before others get a turn.
const mailboxBudget = 256

// mailboxTurn is how long it may take for that, give or take a message: those of
// the registry are long when they are for everybody.
const mailboxTurn = time.Millisecond

// mailbox is what the registry and the users have instead of protoactor's own:
// 64 bytes instead of about 400, no ring that stays grown after a burst, and no
// allocation to schedule it. System messages overtake the user messages that
// are waiting with them, but not those of a batch that has begun.
type mailbox struct {
	inbox     inbox
	system    *item // taken and not yet handled, oldest first
	user      *item
	lastUser  *item
	count     atomic.Int32
	suspended bool
	dead      bool // the actor has stopped and handles nothing any more
	invoker   actor.MessageInvoker
	pool      *pool
}

var _ actor.Mailbox = (*mailbox)(nil)

// systemMessage marks what came in by PostSystemMessage.
type systemMessage struct{ msg any }

// PostUserMessage implements actor.Mailbox.
func (m *mailbox) PostUserMessage(msg any) {
	m.count.Add(1)
	m.post(msg)
}

// PostSystemMessage implements actor.Mailbox.
func (m *mailbox) PostSystemMessage(msg any) { m.post(systemMessage{msg}) }

// RegisterHandlers implements actor.Mailbox. The dispatcher is the pool, which
// the mailbox has already.
func (m *mailbox) RegisterHandlers(invoker actor.MessageInvoker, _ actor.Dispatcher) {
	m.invoker = invoker
}

// Start implements actor.Mailbox.
func (m *mailbox) Start() {}

// UserMessageCount implements actor.Mailbox.
func (m *mailbox) UserMessageCount() int { return int(m.count.Load()) }

func (m *mailbox) post(msg any) {
	if m.inbox.push(msg) {
		m.pool.scheduleExpress(m)
	}
}

// run implements task.
func (m *mailbox) run(w *worker) {
	m.sort(m.inbox.take())
	m.process()
	if w != nil {
		w.now = time.Now() // a run may have taken long
	}
	if m.runnable() || m.inbox.release() {
		m.pool.scheduleExpress(m)
	}
}

// runnable reports whether there is a message that may be handled now.
func (m *mailbox) runnable() bool {
	return m.system != nil || (m.user != nil && (m.dead || !m.suspended))
}

// sort puts taken messages behind those that are left of earlier batches.
func (m *mailbox) sort(taken *item) {
	for it := taken; it != nil; {
		next := it.next
		it.next = nil
		if s, ok := it.msg.(systemMessage); ok {
			it.msg = s.msg
			link := &m.system // there are never more than a few
			for *link != nil {
				link = &(*link).next
			}
			*link = it
		} else {
			if m.user == nil {
				m.user = it
			} else {
				m.lastUser.next = it
			}
			m.lastUser = it
		}
		it = next
	}
}

// process handles messages until there are none, budget or turn are over or one
// of them panics. The panic goes to the actor's supervisor; the rest stays queued.
func (m *mailbox) process() {
	var msg any
	defer func() {
		if fault := recover(); fault != nil {
			m.invoker.EscalateFailure(&failure{fault, debug.Stack()}, msg)
		}
	}()
	began := time.Now()
	for i := range mailboxBudget {
		if i%4 == 3 && time.Since(began) > mailboxTurn {
			return
		}
		switch {
		case m.system != nil:
			msg, m.system = m.system.msg, m.system.next
			m.handleSystem(msg)
		case m.runnable():
			msg, m.user = m.user.msg, m.user.next
			if m.user == nil {
				m.lastUser = nil // or an idle mailbox would hold its last message
			}
			m.count.Add(-1)
			m.handleUser(msg)
		default:
			return
		}
	}
}

func (m *mailbox) handleSystem(msg any) {
	switch msg.(type) {
	case *actor.SuspendMailbox:
		m.suspended = true
	case *actor.ResumeMailbox:
		m.suspended = false
	case *actor.Stop, *actor.Terminated: // an actor stops with the last of its children
		m.invoker.InvokeSystemMessage(msg)
		m.dead = m.stopped()
	default:
		m.invoker.InvokeSystemMessage(msg)
	}
}

// handleUser hands a message to the actor. Once it has stopped protoactor would
// drop what is left without telling anybody: it becomes a dead letter instead.
func (m *mailbox) handleUser(msg any) {
	if !m.dead {
		m.invoker.InvokeUserMessage(msg)
		return
	}
	c := m.invoker.(actor.Context)
	c.ActorSystem().EventStream.Publish(&actor.DeadLetterEvent{PID: c.Self(), Message: msg})
}

// stopped reports whether the actor has stopped.
func (m *mailbox) stopped() bool {
	c, ok := m.invoker.(actor.Context)
	if !ok {
		return false
	}
	_, alive := c.ActorSystem().ProcessRegistry.GetLocal(c.Self().Id)
	return !alive
}

// Schedule implements actor.Dispatcher for what protoactor runs on its own.
func (p *pool) Schedule(fn func()) { p.scheduleExpress(taskFunc(fn)) }

// Throughput implements actor.Dispatcher. Our mailboxes have a budget instead.
func (p *pool) Throughput() int { return mailboxBudget }

type taskFunc func()

func (f taskFunc) run(*worker) { f() }
