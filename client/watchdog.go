package client

import (
	"context"
	"io"
	"time"
)

// defaultIdle is three heartbeats of a hub with the usual settings.
const defaultIdle = 45 * time.Second

// watchedBody calls expired when a read waits for longer than idle, which then
// ends it. The time that the caller takes between reads does not count.
type watchedBody struct {
	body    io.Reader
	idle    time.Duration // never if 0
	expired func()
	timer   *time.Timer
}

// Read implements io.Reader. Any byte counts, whether it completes an event or not.
func (w *watchedBody) Read(p []byte) (int, error) {
	if w.idle > 0 {
		if w.timer == nil {
			w.timer = time.AfterFunc(w.idle, w.expired)
		} else {
			w.timer.Reset(w.idle)
		}
	}
	n, err := w.body.Read(p)
	w.stop()
	return n, err
}

func (w *watchedBody) stop() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

// because returns why ctx was cancelled instead of the error that followed from
// it, or the error without its URL if ctx was not.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return withoutURL(err)
}
