package sse

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxNameLen is the longest event name that the encoder writes, in bytes.
const MaxNameLen = 128

// EventMessage is the type of an event without a name.
const EventMessage = "message"

// The events that a hub itself sends. Their payloads are in payload.go.
const (
	EventConnected       = "connected"       // Connected; the first event of a stream
	EventPing            = "ping"            // Ping; the heartbeat of an idle stream
	EventGap             = "gap"             // Gap; events were lost, and which
	EventReconnect       = "reconnect"       // Reconnect; the stream ends, come back
	EventDashboardUpdate = "dashboardUpdate" // the hub's figures, on dashboard streams; services may send it as well
)

// The names that a browser's EventSource dispatches to its own listeners.
const (
	nativeError = "error"
	nativeOpen  = "open"
)

// reservedPrefix begins the names that hubs may come to use.
const reservedPrefix = "hub."

// ErrName is wrapped by the errors about event names.
var ErrName = errors.New("invalid event name")

// ValidName reports why name cannot be an event's name: names are at most
// MaxNameLen bytes of valid UTF-8 without CR, LF and NUL. "" is valid and
// stands for "message". The error wraps ErrName and says which rule it broke.
func ValidName(name string) error {
	if len(name) > MaxNameLen {
		return fmt.Errorf("%w: longer than %d bytes", ErrName, MaxNameLen)
	}
	if !oneLine(name) {
		return fmt.Errorf("%w: holds CR, LF or NUL", ErrName)
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("%w: not valid UTF-8", ErrName)
	}
	return nil
}

// Reserved reports whether name is one that only a hub may send, or that no one
// may because native clients confuse it with their own events.
func Reserved(name string) bool {
	switch name {
	case EventConnected, EventPing, EventGap, EventReconnect, nativeError, nativeOpen:
		return true
	}
	return strings.HasPrefix(name, reservedPrefix)
}

// oneLine reports whether s fits in one line of a stream, as a value that every
// client keeps: without CR and LF, which would end it and let the rest inject
// fields, and without NUL, which makes clients ignore an id (9.2.6).
func oneLine(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == '\r' || c == '\n' || c == 0 {
			return false
		}
	}
	return true
}
