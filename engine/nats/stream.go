package nats

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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

// names are the constant names on the server.
type names struct {
	stream    string // of the log
	events    string // subjects of records, the epoch is added
	transient string // subject of transient records
	keys      string // stream of the keys of transient records
	keySubj   string // its subject
	question  string // subject
	leases    string // key value store
}

func namesOf(ns string) names {
	return names{
		stream:    "HUB_" + ns + "_0",
		events:    "h." + ns + ".e.0.",
		transient: "h." + ns + ".x",
		keys:      "HUB_" + ns + "_keys",
		keySubj:   "h." + ns + ".k",
		question:  "h." + ns + ".q",
		leases:    "hub_" + ns + "_hubs",
	}
}

// state is the stream at one moment.
type state struct {
	epoch       string
	first, head uint64
	config      jetstream.StreamConfig
	fresh       bool // it was made just now
}

// lookUp asks the server for the stream, and only for that.
func (e *Engine) lookUp(ctx context.Context) (state, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
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

// replicas returns how many copies new streams have.
func (e *Engine) replicas() int {
	switch {
	case e.cfg.Replicas > 0:
		return e.cfg.Replicas
	case e.cfg.clustered():
		return 3
	}
	return 1
}

// retain sets what the stream keeps.
func (e *Engine) retain(cfg *jetstream.StreamConfig) {
	cfg.MaxAge, cfg.MaxMsgs, cfg.MaxBytes = e.cfg.MaxAge, e.cfg.MaxRecords, e.cfg.MaxBytes
	cfg.Duplicates = engine.IdempotencyTTL
	if e.cfg.Replicas > 0 {
		cfg.Replicas = e.cfg.Replicas
	}
}

// begin gives the stream an epoch.
func (e *Engine) begin(cfg *jetstream.StreamConfig, epoch string) {
	cfg.Metadata[metaEpoch] = epoch
	cfg.Subjects = []string{e.names.events + epoch}
}

// openStream finds or makes the stream and adapts it to the Config. A store that
// was not closed gets a new epoch: what clients know of its positions may be of
// records that it lost. The records themselves stay, with the keys of the last
// minutes and the control records.
func (e *Engine) openStream(ctx context.Context) error {
	return e.retryUntil(ctx, func(ctx context.Context) error {
		st, err := e.ensure(ctx)
		if err != nil {
			return err
		}
		want := st.config
		want.Metadata = maps.Clone(want.Metadata)
		e.retain(&want)
		if e.broken(st) {
			e.begin(&want, newEpoch(time.Now()))
			e.log.Warn("log was not closed: new epoch", "before", st.epoch, "now", want.Metadata[metaEpoch])
		}
		if !same(&want, &st.config) {
			if _, err := e.js.UpdateStream(ctx, want); err != nil {
				return fmt.Errorf("update stream: %w", err)
			}
			if st, err = e.ensure(ctx); err != nil {
				return err
			}
		}
		e.told.Store(&st.epoch)
		return nil
	})
}

// broken reports whether the store of a single embedded server may have lost its
// newest records. In a cluster the majority has them.
func (e *Engine) broken(st state) bool {
	return e.server != nil && !e.server.cluster && e.cfg.DataDir != "" &&
		!st.fresh && !e.server.mark.matches(engine.Position{Epoch: st.epoch, Seq: st.head})
}

// same compares what retain and begin set.
func same(a, b *jetstream.StreamConfig) bool {
	return a.MaxAge == b.MaxAge && a.MaxMsgs == b.MaxMsgs && a.MaxBytes == b.MaxBytes &&
		a.Duplicates == b.Duplicates && a.Replicas == b.Replicas && slices.Equal(a.Subjects, b.Subjects)
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
