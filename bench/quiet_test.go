package main

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

func TestAwaitQuiet_GoesOnInTheEnd(t *testing.T) {
	if err := awaitQuiet(t.Context(), 0, io.Discard); err != nil {
		t.Errorf("no limit: %v", err)
	}
	if err := awaitQuiet(t.Context(), time.Millisecond, io.Discard); err != nil {
		t.Errorf("a limit that passes: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := awaitQuiet(ctx, time.Hour, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v, want %v", err, context.Canceled)
	}
}
