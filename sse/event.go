// Package sse writes and reads Server-Sent Events as the WHATWG HTML standard
// defines them in section 9.2. The encoder refuses what it cannot carry
// faithfully and never repairs it; the decoder accepts whatever a stream holds,
// as 9.2.5 and 9.2.6 say, within a bound on memory. What the one writes the
// other reads back unchanged, but for CR and CRLF in data, which become LF.
package sse

import "time"

// MaxRetry is the longest reconnection time that the encoder writes.
const MaxRetry = time.Hour

// Event is one event of a stream.
type Event struct {
	// ID is what a client sends back as Last-Event-ID. Written, "" stands for
	// no id line. Read, it is the stream's id buffer, which outlives the event
	// that set it (9.2.6).
	ID string

	// Name is the event's type, "" for "message". Read, it is never "message".
	Name string

	// Data is the payload. An event that was read owns its Data.
	Data []byte

	// Retry asks clients to wait this long before they reconnect, up to
	// MaxRetry; 0 asks for nothing. The wire carries whole milliseconds.
	Retry time.Duration
}

// Type returns the type that a browser would report: Name, or "message".
func (e Event) Type() string {
	if e.Name == "" {
		return EventMessage
	}
	return e.Name
}
