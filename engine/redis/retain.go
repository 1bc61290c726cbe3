package redis

import (
	"context"
	"strconv"
	"time"
)

// retainEvery is how often a hub has the server drop what is too old or too much.
const retainEvery = time.Second

// retain drops old records until ctx ends. Every hub does so; the server only
// does what is left to do.
func (e *Engine) retain(ctx context.Context) {
	failing := false
	for sleep(ctx, retainEvery) {
		err := e.trim(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			e.log.Warn("redis engine does not drop old records", "err", err)
		}
		failing = err != nil
	}
}

// trim drops old records now.
func (e *Engine) trim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	appended := e.bytes.Swap(0)
	spacing := max(retainEvery, e.cfg.MaxAge/1000)
	err := retainScript.run(ctx, e.client, []string{e.names.log, e.names.meta, e.names.marks},
		strconv.FormatInt(appended, 10),
		strconv.FormatInt(e.cfg.MaxAge.Milliseconds(), 10),
		strconv.FormatInt(e.cfg.MaxBytes, 10),
		strconv.FormatInt(spacing.Milliseconds(), 10)).Error()
	if err != nil {
		e.bytes.Add(appended)
	}
	return err
}
