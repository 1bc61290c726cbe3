// Package engine defines the log that every hub of a cluster shares: one
// ordered sequence of records. Publishers append to it, every hub tails it and
// filters for its own actors, and nothing in it is kept per user.
//
// Implementations live in sub-packages, are imported only by cmd/hub, and all
// pass the one suite in enginetest.
package engine

import (
	"context"
	"errors"
)

var (
	// ErrUnavailable is returned by Append when the log cannot be reached or
	// does not answer in time. The record may or may not have been stored, so
	// the caller repeats the Append with the same idempotency key.
	ErrUnavailable = errors.New("engine unavailable")

	// ErrTruncated is returned by Tail when the position to continue from is no
	// longer retained. The follower starts again from Bounds and reports a gap.
	ErrTruncated = errors.New("position no longer retained")

	// ErrClosed is returned by every method after Close.
	ErrClosed = errors.New("engine closed")
)

// Engine is an ordered log. All methods may be called from any goroutine.
type Engine interface {
	// Append stores rec behind all records before it and returns its position.
	// With a non-empty key, a second Append of the same key within
	// IdempotencyTTL stores nothing and returns the position of the first with
	// Duplicate set. A transient record is handed to the tails and not
	// retained; its position is zero. rec is not changed after the call.
	//
	// Errors: ErrUnavailable, ErrClosed, or the context's error.
	Append(ctx context.Context, rec *Record, key string) (Appended, error)

	// Tail calls deliver with every record after the position, oldest first and
	// none twice, until ctx ends or deliver fails, and returns that error. The
	// batch is only valid during the call. Transient records come with a zero
	// Seq, in the order of their arrival.
	//
	// Errors: ErrTruncated when after+1 is no longer retained, ErrClosed.
	Tail(ctx context.Context, after uint64, deliver func(batch []Stored) error) error

	// Bounds returns the epoch of the log and what it retains.
	Bounds(ctx context.Context) (Bounds, error)

	// Close releases the engine and ends every Tail with ErrClosed.
	Close() error
}

// Appended is the answer to an Append.
type Appended struct {
	Position  Position // zero for a transient record
	Duplicate bool     // the idempotency key had been used before
}

// Stored is a record in its place in the log.
type Stored struct {
	Seq    uint64 // 1 for the first record of an epoch; 0 for transient ones
	Record *Record
}

// Bounds says what a log retains at one moment. An empty log has First == Head+1.
type Bounds struct {
	Epoch string // changes when positions of before mean nothing any more
	First uint64 // the oldest retained record
	Head  uint64 // the newest record, 0 if there was none yet
}
