package memory

// maxServe is how many batches an Append delivers for a tail before the tail's
// own goroutine has to go on.
const maxServe = 4

// A tail that has read everything is claimed by the next Append, which then
// delivers in the tail's place: the record is on its way when Append returns,
// and no goroutine was woken for it. Claims are taken and given up under the
// lock, so that one goroutine at a time serves a tail, and while it is claimed
// its server looks for more before it stops.

// verdict says what the server of a tail does after a step.
type verdict int

const (
	goOn verdict = iota // there may be more; the claim is kept
	rest                // there is nothing; the claim is given up
	stop                // there is nothing, and the reader waits to leave; the claim is kept
)

// claimIdle appends the tails that wait to into. The caller has the claim on
// them, and has to serve or wake them.
func (e *Engine) claimIdle(into []*tail) []*tail {
	for _, t := range e.tails {
		if t.waiting {
			t.waiting = false
			into = append(into, t)
		}
	}
	return into
}

// serve delivers to a claimed tail until it has everything. It passes the claim
// on to the tail's own goroutine for an error, for the rest of a long run, and
// when its reader waits to leave.
func (e *Engine) serve(t *tail) {
	for range maxServe {
		next, err := e.step(t)
		if err != nil || next == stop {
			break
		}
		if next == rest {
			return
		}
	}
	wake([]*tail{t})
}

// wake passes the claim on tails to their own goroutines.
func wake(claimed []*tail) {
	for _, t := range claimed {
		t.wake <- struct{}{} // has room: the token is the claim
	}
}

// release takes the claim of a reader that leaves, so that deliver is not called
// after Tail has returned.
func (e *Engine) release(t *tail) {
	e.mu.Lock()
	claimed := !t.waiting
	t.leaving, t.waiting = true, false
	e.mu.Unlock()
	if claimed {
		<-t.wake
	}
}
