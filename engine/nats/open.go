package nats

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/hub/engine"
)

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

// retryUntil calls try until it succeeds, ctx ends, or it makes no sense.
func (e *Engine) retryUntil(ctx context.Context, try func(ctx context.Context) error) error {
	for attempt := 1; ; attempt++ {
		once, cancel := context.WithTimeout(ctx, startTimeout)
		err := try(once)
		cancel()
		if err == nil || errors.Is(err, ErrForeign) || errors.Is(err, ErrConfig) {
			return err
		}
		e.log.Warn("nats stream not ready", "err", err)
		if !sleep(ctx, min(time.Second, retryPause(attempt))) {
			return errors.Join(err, ctx.Err())
		}
	}
}
