package client

import (
	"log/slog"
	"time"
)

// State is where a stream stands.
type State uint8

// The states of a stream.
const (
	Connecting State = iota // a request is under way
	Open                    // events can come
	Waiting                 // interrupted, and will connect again
	Closed                  // ended for good, closed, or the loop over Events was left
)

// String returns the state in lower case.
func (s State) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Open:
		return "open"
	case Waiting:
		return "waiting"
	default:
		return "closed"
	}
}

// Status is a change of a stream's state.
type Status struct {
	State   State
	Attempt int           // retries since the stream last worked, this one included
	Err     error         // why it waits or is closed; nil if the caller closed it
	RetryIn time.Duration // how long it waits
}

// enter tells the caller and the log.
func (s *Stream) enter(st Status) {
	switch st.State {
	case Connecting:
	case Open:
		s.cfg.log.Info("stream open", "attempt", st.Attempt)
	case Waiting:
		level := slog.LevelWarn
		if st.RetryIn == 0 { // for a new token: all is well
			level = slog.LevelInfo
		}
		s.cfg.log.Log(s.ctx, level, "stream interrupted", "error", st.Err, "attempt", st.Attempt, "retry_in", st.RetryIn)
	case Closed:
		s.cfg.log.Info("stream closed", "error", st.Err)
	}
	if s.cfg.onState != nil {
		s.cfg.onState(st)
	}
}
