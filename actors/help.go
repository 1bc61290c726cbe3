package actors

import "time"

// helpBudget is how many tasks a helper runs before it goes its own way.
const helpBudget = 32

// help calls begin and then runs on the caller's goroutine what begin set off,
// as far as somebody waits for it. A publisher so carries its own event through
// the actors to the socket: waking a worker, and being woken by it, would cost
// more than the work. Actors notice no difference; each still runs once at a
// time. If all helpers' places are taken the workers do the work.
func (p *pool) help(begin func()) {
	w := p.enlist()
	begin()
	if w == nil {
		return
	}
	for range helpBudget {
		t := p.takeExpress()
		if t == nil {
			break
		}
		w.now = time.Now()
		t.run(w)
	}
	p.discharge(w)
}

// enlist makes the caller a helper. From here on a task that is scheduled alone
// is left to it.
func (p *pool) enlist() *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.spare) == 0 || p.closed {
		return nil
	}
	last := len(p.spare) - 1
	w := p.spare[last]
	p.spare = p.spare[:last]
	p.helpers++
	return w
}

func (p *pool) takeExpress() task {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.express.len() == 0 {
		return nil
	}
	return p.express.pop()
}

// discharge ends the help, and leaves what is queued to the workers.
func (p *pool) discharge(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spare = append(p.spare, w)
	p.helpers--
	if p.closed {
		p.wake.Broadcast() // the workers wait for the last helper
	}
	p.signal()
}
