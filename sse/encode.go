package sse

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// The errors of AppendEvent, beside ErrName.
var (
	ErrID    = errors.New("invalid event id: holds CR, LF, NUL or invalid UTF-8")
	ErrData  = errors.New("invalid event data: not valid UTF-8")
	ErrRetry = errors.New("invalid retry: not between 0 and 1h")
)

// AppendEvent appends the whole block of ev to dst: id, event, retry, data and
// the blank line that dispatches it. It splits data at LF, CRLF and CR, and
// writes a data line even for empty data, without which clients dispatch
// nothing (9.2.6).
//
// It refuses, with dst unchanged, an id or name with CR, LF or NUL, invalid
// UTF-8 anywhere, a name over MaxNameLen, the names "error" and "open", and a
// Retry below 0 or above MaxRetry. The error wraps ErrID, ErrName, ErrData or
// ErrRetry.
//
// It allocates nothing but the room that dst lacks.
func AppendEvent(dst []byte, ev *Event) ([]byte, error) {
	if err := check(ev); err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, len("data: \n\n")+len(ev.Data))
	if ev.ID != "" {
		dst = AppendID(dst, ev.ID)
	}
	if ev.Name != "" && ev.Name != EventMessage {
		dst = append(dst, "event: "...)
		dst = append(dst, ev.Name...)
		dst = append(dst, '\n')
	}
	if ev.Retry > 0 {
		dst = appendRetryLine(dst, ev.Retry)
	}
	dst = appendData(dst, ev.Data)
	return append(dst, '\n'), nil
}

// AppendID appends an id line. It goes in front of a block that was encoded
// without one, or, with a blank line after it, tells clients where the stream
// stands without an event. It does not check id.
func AppendID(dst []byte, id string) []byte {
	dst = append(dst, "id: "...)
	dst = append(dst, id...)
	return append(dst, '\n')
}

// AppendRetry appends a block that only sets the reconnection time. It does not
// check d.
func AppendRetry(dst []byte, d time.Duration) []byte {
	return append(appendRetryLine(dst, d), '\n')
}

func check(ev *Event) error {
	if !oneLine(ev.ID) || !utf8.ValidString(ev.ID) {
		return ErrID
	}
	if err := ValidName(ev.Name); err != nil {
		return err
	}
	if ev.Name == nativeError || ev.Name == nativeOpen {
		return fmt.Errorf("%w: %q is an event of EventSource itself", ErrName, ev.Name)
	}
	if !utf8.Valid(ev.Data) {
		return ErrData
	}
	if ev.Retry < 0 || ev.Retry > MaxRetry {
		return ErrRetry
	}
	return nil
}

// appendData writes the space after the colon always, or values that start with
// a space would lose it.
func appendData(dst, data []byte) []byte {
	for line := range splitLines(data) {
		dst = append(dst, "data: "...)
		dst = append(dst, line...)
		dst = append(dst, '\n')
	}
	return dst
}

// appendRetryLine rounds up, so that no wait becomes none.
func appendRetryLine(dst []byte, d time.Duration) []byte {
	ms := (d + time.Millisecond - 1) / time.Millisecond
	dst = append(dst, "retry: "...)
	dst = strconv.AppendInt(dst, int64(ms), 10)
	return append(dst, '\n')
}

// splitLines yields the lines of text: one more than it has line ends, which
// are LF, CRLF and CR (9.2.5).
func splitLines(text []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for {
			part, rest, more := bytes.Cut(text, []byte{'\n'})
			if more {
				part = bytes.TrimSuffix(part, []byte{'\r'}) // CRLF
			}
			for {
				line, tail, split := bytes.Cut(part, []byte{'\r'})
				if !yield(line) {
					return
				}
				if !split {
					break
				}
				part = tail
			}
			if !more {
				return
			}
			text = rest
		}
	}
}
