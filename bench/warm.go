package main

import (
	"context"
	"fmt"
	"time"
)

// The warm-up before a measurement: enough for the server to have its code
// paged in and its pools made, too little to grow its heap.
const (
	warmConns  = 200
	warmEvents = 20
)

// warm opens some connections, broadcasts to them and closes them.
func (e *environment) warm(ctx context.Context, s *server) error {
	n := min(warmConns, e.Conns)
	sw, err := s.crowd(e, n, 1)
	if err != nil {
		return err
	}
	defer sw.Close()
	if _, err := s.open(e, sw, 0, n, false); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	b, err := newBroadcaster(s, e, sw, n, 1)
	if err != nil {
		return err
	}
	defer b.close()
	if _, err := b.rounds(warmEvents, e.Timeout); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	if err := sw.Close(); err != nil {
		return err
	}
	return pause(ctx, 300*time.Millisecond)
}
