// Package redis implements the engine on Redis or Valkey, 7.0 or later: one
// stream that the hubs append to by a script and follow by XREAD.
//
// The server counts the records, so that a position is a number without holes.
// What the server does not do is say when it has lost records: a failover or a
// restart may take it back to an older state. Every hub therefore remembers the
// newest record that it has appended or read. Whoever finds that the log ends
// before it, or has another record in its place, makes a new log with a new
// epoch, and every tail ends with engine.ErrTruncated.
//
// Transient records, questions and answers travel over sharded channels.
package redis

import (
	"context"
	"crypto/rand"
	"fmt"
	"hash/maphash"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"example.org/hub/engine"
)

// maxInFlight is how many commands wait for the server at once, further ones
// wait for their turn. It is less than fit into one connection, since the client
// does not heed a context while it waits for room there.
const maxInFlight = 1 << ringScale / 2

// Engine is a log on a server. Make one with Open.
type Engine struct {
	cfg    Config
	log    *slog.Logger
	client rueidis.Client
	names  names
	turns  chan struct{} // holds a token for each command in flight but those of the appenders

	requests chan *request

	witness    witness
	subscriber *subscriber
	bytes      atomic.Int64 // appended and not yet reported to the server

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	brokenLinks         atomic.Int64 // tails that are not connected
	badRecords, relinks atomic.Uint64
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Cluster = (*Engine)(nil)
)

// Open connects to the server and makes the log if it is not there. It fails
// when the server does not answer, is older than 7.0, refuses the user, or holds
// a log that is spread otherwise.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Engine, error) {
	cfg = cfg.orDefault()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("open redis engine: %w", err)
	}
	opt, err := clientOption(cfg)
	if err != nil {
		return nil, fmt.Errorf("open redis engine: %w", err)
	}
	client, err := rueidis.NewClient(opt)
	if err != nil {
		return nil, fmt.Errorf("open redis engine: connect: %w", err)
	}
	if err := checkServers(ctx, client, log); err != nil {
		client.Close()
		return nil, fmt.Errorf("open redis engine: %w", err)
	}
	e := &Engine{
		cfg:      cfg,
		log:      log,
		client:   client,
		names:    newNames(cfg.Namespace, rand.Text()),
		turns:    make(chan struct{}, maxInFlight),
		requests: make(chan *request, maxRequests),
		witness:  witness{seed: maphash.MakeSeed()},
	}
	e.ctx, e.cancel = context.WithCancel(context.WithoutCancel(ctx))
	e.subscriber = newSubscriber(e)
	if _, err := e.Bounds(ctx); err != nil {
		_ = e.Close()
		return nil, fmt.Errorf("open redis engine: %w", err)
	}
	e.tasks.Go(func() { e.subscriber.run(e.ctx) })
	e.tasks.Go(func() { e.retain(e.ctx) })
	for range appenders {
		e.tasks.Go(func() { e.runAppender(e.ctx) })
	}
	return e, nil
}

// Close ends every Tail and Answer with engine.ErrClosed and disconnects. The
// log stays. It always returns nil and may be called again.
func (e *Engine) Close() error {
	e.cancel()
	e.tasks.Wait()
	e.client.Close()
	return nil
}

// newEpoch returns a text that no log had before and that sorts by time.
func newEpoch() string {
	b := strconv.AppendInt(nil, time.Now().Unix(), 36)
	for _, r := range []byte(rand.Text()[:8]) { // 40 random bits in base 32
		b = append(b, r|0x20) // digits stay, letters become lower case
	}
	return string(b)
}
