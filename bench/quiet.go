package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// A machine is quiet when others keep less than this of one CPU busy over a look
// at it.
const (
	quietCores = 0.15
	quietLook  = 700 * time.Millisecond
)

// awaitQuiet waits until nobody else needs the machine, for at most limit; it
// then says so on w and goes on all the same, and other_cores in the report tells.
func awaitQuiet(ctx context.Context, limit time.Duration, w io.Writer) error {
	for begun := time.Now(); time.Since(begun) < limit; {
		busy, err := otherCores(ctx, quietLook)
		if err != nil {
			return err
		}
		if busy < quietCores {
			return nil
		}
	}
	if limit > 0 {
		fmt.Fprintf(w, "bench: the machine was not quiet within %v\n", limit)
	}
	return nil
}

// otherCores is how many CPUs the rest of the machine keeps busy for some time.
func otherCores(ctx context.Context, look time.Duration) (float64, error) {
	own, err := processClock(os.Getpid())
	if err != nil {
		return 0, err
	}
	machine, begun := machineClock(), time.Now()
	if err := pause(ctx, look); err != nil {
		return 0, err
	}
	now, err := processClock(os.Getpid())
	if err != nil {
		return 0, err
	}
	return (machineClock() - machine - (now - own)).Seconds() / time.Since(begun).Seconds(), nil
}
