package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

// requestTimeout bounds every question to the server.
const requestTimeout = 2 * time.Second

// The keys of the stream's metadata.
const (
	metaEpoch  = "hub_epoch"
	metaShards = "hub_shards"
)

// ErrForeign is returned by Open when the stream with the log's name is not one
// that this version can use: made by others, or with another number of shards.
var ErrForeign = errors.New("stream is not a log of this hub")

// state is the stream at one moment.
type state struct {
	epoch       string
	first, head uint64
	config      jetstream.StreamConfig
	fresh       bool // it was made just now
}

// lookUp asks the server for the stream, and only for that.
func (e *Engine) lookUp(ctx context.Context) (state, error) {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.requestTimeout)
	defer cancel()
	stream, err := e.js.Stream(ctx, e.names.stream)
	if err != nil {
		return state{}, fmt.Errorf("look up stream: %w", err)
	}
	return stateOf(stream.CachedInfo())
}

func stateOf(info *jetstream.StreamInfo) (state, error) {
	st := state{
		epoch:  info.Config.Metadata[metaEpoch],
		first:  max(1, info.State.FirstSeq),
		head:   info.State.LastSeq,
		config: info.Config,
	}
	if info.State.Msgs == 0 {
		st.first = st.head + 1
	}
	if _, err := engine.ParsePosition(engine.Position{Epoch: st.epoch}.String()); err != nil {
		return state{}, fmt.Errorf("%w: it has no epoch", ErrForeign)
	}
	if shards := info.Config.Metadata[metaShards]; shards != strconv.Itoa(engine.Shards) {
		return state{}, fmt.Errorf("%w: it is one of %q shards and this version has %d", ErrForeign, shards, engine.Shards)
	}
	return st, nil
}

// ensure finds the stream or makes it, and makes its epoch known for appends.
func (e *Engine) ensure(ctx context.Context) (state, error) {
	st, err := e.lookUp(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if st, err = e.create(ctx); errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			st, err = e.lookUp(ctx) // another hub was faster
		}
	}
	if err == nil {
		e.epoch.Store(&st.epoch)
	}
	return st, err
}

func (e *Engine) create(ctx context.Context) (state, error) {
	epoch := newEpoch(time.Now())
	cfg := jetstream.StreamConfig{
		Name:      e.names.stream,
		Discard:   jetstream.DiscardOld,
		Storage:   jetstream.FileStorage,
		Metadata:  map[string]string{metaShards: strconv.Itoa(engine.Shards)},
		Retention: jetstream.LimitsPolicy,
		Replicas:  e.replicas(),
	}
	if e.cfg.InMemory || (e.server != nil && e.cfg.DataDir == "") {
		cfg.Storage = jetstream.MemoryStorage
	}
	e.retain(&cfg)
	e.begin(&cfg, epoch)
	stream, err := e.js.CreateStream(ctx, cfg)
	if err != nil {
		return state{}, fmt.Errorf("make stream: %w", err)
	}
	e.log.Info("nats stream made", "stream", cfg.Name, "epoch", epoch, "replicas", cfg.Replicas)
	st, err := stateOf(stream.CachedInfo())
	st.fresh = true
	return st, err
}

// replicas returns how many copies new streams have. A client of a cluster wants
// as many as the members do: they start together, and either may be first.
func (e *Engine) replicas() int {
	switch {
	case e.cfg.Replicas > 0:
		return e.cfg.Replicas
	case e.cfg.clustered() || e.nc.ConnectedClusterName() != "":
		return 3
	}
	return 1
}

// Bounds returns the epoch and what the stream retains. It makes the stream if
// the servers have lost it.
func (e *Engine) Bounds(ctx context.Context) (engine.Bounds, error) {
	if e.life.Err() != nil {
		return engine.Bounds{}, engine.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return engine.Bounds{}, err
	}
	scoped, cancel := e.scope(ctx)
	defer cancel()
	st, err := e.ensure(scoped)
	if err != nil {
		return engine.Bounds{}, e.failure(ctx, "ask for bounds", err)
	}
	e.told.Store(&st.epoch)
	return engine.Bounds{Epoch: st.epoch, First: st.first, Head: st.head}, nil
}
