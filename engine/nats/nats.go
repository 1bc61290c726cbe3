// Package nats implements the engine on NATS JetStream: with a server inside this
// process, alone or as a member of a cluster, or with servers that run elsewhere.
//
// The log is one stream. Its sequence numbers are the positions; the epoch is
// kept in the stream's metadata and is part of the subject that hubs publish to,
// so that a hub that has not noticed yet that the stream is another one cannot
// append to it. Every hub reads the stream by a consumer of its own, which it
// makes again behind the last record it has when anything is wrong. Transient
// records are plain messages. No name from outside is ever part of a subject.
package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// Engine is a log in a JetStream stream. Make one with Open.
type Engine struct {
	cfg    Config
	names  names
	log    *slog.Logger
	server *embedded // nil if the servers run elsewhere
	nc     *natsgo.Conn
	js     jetstream.JetStream

	epoch atomic.Pointer[string] // of the stream, as far as known
	told  atomic.Pointer[string] // the epoch that positions given to Tail are of

	lost, found signal // the connection
	learning    atomic.Bool
	keysReady   atomic.Bool
	leases      bucket
	gate        gate

	life  context.Context
	end   context.CancelCauseFunc
	close sync.Once

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // calls that Close lets finish

	counters
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Cluster = (*Engine)(nil)
)

// Open starts the server if it is to be inside this process, connects, and finds
// the log or makes it. It tries again until it succeeds or ctx ends, except after
// errors that wrap ErrConfig or ErrForeign.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Engine, error) {
	cfg = cfg.orDefault()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, names: namesOf(cfg.Namespace), log: log}
	e.life, e.end = context.WithCancelCause(context.WithoutCancel(ctx))
	if !cfg.external() {
		var err error
		if e.server, err = startServer(&e.cfg, log); err != nil {
			return nil, err
		}
	}
	if err := e.start(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Engine) start(ctx context.Context) error {
	if err := e.connect(ctx); err != nil {
		return err
	}
	var err error
	e.js, err = jetstream.New(e.nc,
		jetstream.WithPublishAsyncMaxPending(maxPending),
		jetstream.WithPublishAsyncTimeout(e.cfg.ackTimeout),
		jetstream.WithDefaultTimeout(e.cfg.requestTimeout))
	if err != nil {
		return fmt.Errorf("open jetstream: %w", err)
	}
	if _, err := e.nc.Subscribe(e.names.leaving, e.heed); err != nil {
		return fmt.Errorf("subscribe to notices: %w", err)
	}
	return e.openStream(ctx)
}

// enter counts a call that Close waits for. It reports false after Close.
func (e *Engine) enter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.running.Add(1)
	}
	return !e.closed
}

// scope returns a context that also ends with the engine.
func (e *Engine) scope(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(e.life, func() { cancel(engine.ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// failure turns an error into what the engine's interface promises.
func (e *Engine) failure(ctx context.Context, did string, err error) error {
	switch {
	case err == nil:
		return nil
	case e.life.Err() != nil:
		return engine.ErrClosed
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", did, ctx.Err())
	case errors.Is(err, ErrForeign), errors.Is(err, ErrTooLarge):
		return fmt.Errorf("%s: %w", did, err)
	}
	return fmt.Errorf("%s: %w: %w", did, engine.ErrUnavailable, err)
}
