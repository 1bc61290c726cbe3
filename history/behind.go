package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/hub/engine"
)

// ErrBehind is returned by Log.Prepare when this hub does not know the log up to
// the position of a client, and the client is not known to have made it up. The
// client shall come back, most likely to a hub that knows it.
var ErrBehind = errors.New("this hub is behind the client's position")

const (
	maxLag  = 2 * time.Second // of this hub behind another one, before the engine is asked
	lagAsks = 2               // a new leader of an engine may for a moment not know its own head
)

// reach returns when the window has reached the position of a client, or never
// will: then Replay tells of a gap.
func (l *Log) reach(ctx context.Context, lastEventID string) error {
	pos, err := engine.ParsePosition(lastEventID)
	if err != nil {
		return nil
	}
	for range lagAsks {
		if !l.window.lacks(pos) {
			return nil
		}
		soon, cancel := context.WithTimeout(ctx, maxLag)
		waited := l.window.Wait(soon, pos)
		cancel()
		if !l.window.lacks(pos) {
			return nil
		}
		if !waited {
			return ErrBehind // too many wait already, and the engine may need that time too
		}
		bounds, err := l.boundsNow(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBehind, err)
		}
		if bounds.Epoch == pos.Epoch && bounds.Head >= pos.Seq {
			return ErrBehind
		}
	}
	return nil
}

// boundsNow asks the engine, once for all that ask at the same time. It does not
// wait for one that is known to be gone, nor for long.
func (l *Log) boundsNow(ctx context.Context) (engine.Bounds, error) {
	if ctx.Err() != nil {
		return engine.Bounds{}, ctx.Err()
	}
	if !l.Up() {
		return engine.Bounds{}, engine.ErrUnavailable
	}
	answer, err, _ := l.asking.Do("bounds", func() (any, error) {
		soon, cancel := context.WithTimeout(l.running, maxLag) // not of one client alone
		defer cancel()
		return l.eng.Bounds(soon)
	})
	bounds, _ := answer.(engine.Bounds)
	return bounds, err
}
