package actors

import "runtime/debug"

// lost settles a message that no actor will handle, because the one it was for
// has stopped or failed: a stream must not stay open without an owner, and
// nobody shall wait for an answer that does not come. What is not named here has
// nobody waiting, or is put right by the registry when it buries a user.
func (h *Hub) lost(msg any) {
	switch msg := msg.(type) {
	case *Attach:
		h.refuse(msg.Stream, RefusedDraining)
	case *route:
		for _, entry := range msg.entries {
			entry.Receipt.Done(0, 0)
		}
	case *relay:
		msg.receipt.Done(0, 0)
	case *describe:
		msg.reply.add(UserInfo{})
	case *list:
		msg.reply.expect(0)
	case *drain:
		close(msg.done)
	}
}

// refuse turns a stream away. A fault in that is no fault of the tree.
func (h *Hub) refuse(s Stream, reason Reason) {
	defer func() {
		if fault := recover(); fault != nil {
			h.metrics.fault("connection")
			h.cfg.Log.Error("refusal failed", "reason", string(reason), "fault", &failure{fault, debug.Stack()})
		}
	}()
	s.Refuse(reason)
}
