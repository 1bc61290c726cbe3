package history

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"example.org/hub/engine"
)

// The bounds of the pause before the engine is tried again.
const (
	minRetry = 100 * time.Millisecond
	maxRetry = 5 * time.Second
)

// place is where the tail goroutine is. Only that goroutine uses it.
type place struct {
	epoch string
	last  uint64 // the newest record that was read
	warm  uint64 // records up to here are history: they are loaded, not delivered
	again bool   // the log was lost from sight: orders among them may be new, streams are open
}

// follow reads the log until ctx ends or the engine is closed, and resumes after
// every other error.
func (l *Log) follow(ctx context.Context) {
	defer close(l.done)
	defer l.pending.close()
	defer l.setUp(false)
	for attempt := 0; ; attempt++ {
		before := l.place
		err := l.read(ctx)
		l.setUp(false)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, engine.ErrClosed) {
			l.log.Info("log tail ended: engine closed")
			return
		}
		l.tailErrors.Add(1)
		if l.place != before {
			attempt = 0
		}
		pause := retryPause(attempt)
		if attempt == 0 && errors.Is(err, engine.ErrTruncated) {
			pause = 0 // every moment costs more records
		}
		l.log.Warn("log tail interrupted", "err", err, "retry_ms", pause.Milliseconds())
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// retryPause returns a random pause whose upper bound doubles with the attempts,
// so that the hubs of a cluster do not return to an engine together.
func retryPause(attempt int) time.Duration {
	limit := min(maxRetry, minRetry<<min(attempt+1, 10))
	return minRetry + rand.N(limit-minRetry+1)
}

// read finds the place in the log again and reads on from there.
func (l *Log) read(ctx context.Context) error {
	bounds, err := l.eng.Bounds(ctx)
	if err != nil {
		return err
	}
	l.resume(bounds)
	l.setUp(true)
	return l.eng.Tail(ctx, l.place.last, l.take)
}

// take turns a batch into entries, adds them to the window and delivers them.
func (l *Log) take(batch []engine.Stored) error {
	entries := make([]*Entry, len(batch))
	for i, s := range batch {
		entries[i] = newEntry(l.place.epoch, s)
		if s.Record.Kind != engine.Event {
			l.control(s.Record)
		}
		if s.Record.Origin == l.origin {
			entries[i].Receipt = l.pending.find(s.Record.Nonce)
		}
		if s.Record.Counted {
			l.count(entries[i])
		}
	}
	l.window.Add(entries...)
	if l.place.last < l.place.warm {
		entries = slices.DeleteFunc(entries, l.onlyLoaded)
	}
	for _, s := range batch {
		l.place.last = max(l.place.last, s.Seq)
	}
	l.announce()
	if len(entries) > 0 {
		l.deliver(entries)
	}
	return nil
}

// onlyLoaded reports whether an entry is for the window alone. An order that is
// carried out twice ends streams that come back; one that is missed does not end
// those that must.
func (l *Log) onlyLoaded(e *Entry) bool {
	order := e.Record.Kind == engine.Disconnect || e.Record.Kind == engine.Revoke
	return e.Seq != 0 && e.Seq <= l.place.warm && (!l.place.again || !order)
}

// announce lets Open return when the window is loaded.
func (l *Log) announce() {
	warm := l.place.last >= l.place.warm
	l.warm.Store(warm)
	if !warm {
		return
	}
	select {
	case <-l.loaded:
	default:
		close(l.loaded)
	}
}
