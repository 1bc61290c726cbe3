package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

const (
	// What a consumer waits for at most, and how often the server says that it is
	// there. Without two such words the link counts as lost.
	pullExpiry    = 4 * time.Second
	pullHeartbeat = time.Second

	// How much the server sends ahead.
	pullRecords = 1024
	pullBytes   = 16 << 20

	// orphanTTL is how long the server keeps a consumer that nobody pulls from.
	orphanTTL = 30 * time.Second

	// behindPatience is how often a stream may say after a lost link that it ends
	// before what was read, as a new leader may for a moment.
	behindPatience = 5
)

var (
	errDisconnected = errors.New("connection lost")
	errStalled      = errors.New("records are missing from the link")
	errBehind       = errors.New("stream ends before what was read")
)

// link keeps a consumer of the stream running for one Tail.
type link struct {
	e       *Engine
	epoch   string // the stream's when the Tail began
	next    uint64 // the record to read next
	joined  bool   // a session began
	behind  int    // sessions in a row that failed with errBehind
	broken  bool   // counted in Engine.brokenLinks
	records chan engine.Stored
	err     error // why the link ended; set before records is closed
	done    chan struct{}
}

func newLink(e *Engine, after uint64) *link {
	return &link{
		e:       e,
		epoch:   *e.told.Load(),
		next:    after + 1,
		records: make(chan engine.Stored, readAhead),
		done:    make(chan struct{}),
	}
}

// run reads until ctx ends or there is nothing to continue from.
func (l *link) run(ctx context.Context) {
	defer close(l.done)
	defer close(l.records)
	defer l.setBroken(false)
	for attempt := 0; ; attempt++ {
		before, found := l.next, l.e.found.next()
		err := l.session(ctx)
		if ctx.Err() != nil {
			l.err = context.Cause(ctx)
			return
		}
		if l.lost(err) {
			l.err = fmt.Errorf("tail: %w", errors.Join(engine.ErrTruncated, err))
			return
		}
		if l.next != before {
			attempt = 0
		}
		l.setBroken(true)
		l.e.relinks.Add(1)
		pause := retryPause(attempt)
		l.e.log.Warn("nats tail interrupted", "err", err, "retry_ms", pause.Milliseconds())
		l.pause(ctx, pause, found)
	}
}

// lost reports whether the place in the log is lost for good.
func (l *link) lost(err error) bool {
	if !errors.Is(err, errBehind) {
		l.behind = 0
		return errors.Is(err, engine.ErrTruncated) || errors.Is(err, ErrForeign)
	}
	l.behind++
	return !l.joined || l.behind >= behindPatience
}

// pause waits, but not longer than until the connection is back.
func (l *link) pause(ctx context.Context, pause time.Duration, found <-chan struct{}) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-found:
	case <-ctx.Done():
	}
}

func (l *link) setBroken(broken bool) {
	if broken == l.broken {
		return
	}
	l.broken = broken
	if broken {
		l.e.brokenLinks.Add(1)
	} else {
		l.e.brokenLinks.Add(-1)
	}
}

// session makes a consumer and reads from it until something is wrong.
func (l *link) session(tail context.Context) error {
	lost := l.e.lost.next()
	ctx, fail := context.WithCancelCause(tail)
	defer fail(nil)
	cons, err := l.join(ctx)
	if err != nil {
		return err
	}
	s := &session{link: l, ctx: ctx, fail: fail, next: l.next}
	consuming, err := cons.Consume(s.take,
		jetstream.PullMaxMessagesWithBytesLimit(pullRecords, pullBytes),
		jetstream.PullExpiry(pullExpiry),
		jetstream.PullHeartbeat(pullHeartbeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { fail(err) }))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	l.joined = true
	l.setBroken(false)
	err = s.watch(lost)
	fail(err)
	consuming.Stop()
	l.next = s.close()
	if tail.Err() != nil {
		l.drop(cons)
	} else {
		go l.drop(cons) // if its server is gone, nobody answers, and the next session is not to wait for that
	}
	return err
}
