package mercure

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// Earliest is the event id that stands before all events.
	Earliest = "earliest"

	// MaxIDLen is the longest id that a publisher may give, in bytes.
	MaxIDLen = 256

	// positionMark begins the ids that the hub itself gives: a fragment, which the
	// protocol keeps free for positions of the hub, with the position behind it.
	positionMark = "#"
)

// EventID is what a client has seen last. At most one field is set.
type EventID struct {
	Position string // of the log; not yet checked
	Own      string // the publisher's own
	Earliest bool
}

// ParseEventID reads an id as it was on the wire.
func ParseEventID(text string) EventID {
	if text == Earliest {
		return EventID{Earliest: true}
	}
	if position, ok := strings.CutPrefix(text, positionMark); ok && position != "" {
		return EventID{Position: position}
	}
	return EventID{Own: text}
}

// PositionID returns the id of a position's text.
func PositionID(position string) string { return positionMark + position }

// validID reports why s cannot be the id that a publisher gives an update.
func validID(s string) error {
	switch {
	case len(s) > MaxIDLen:
		return fmt.Errorf("an id has at most %d bytes", MaxIDLen)
	case !utf8.ValidString(s):
		return errors.New("an id is valid UTF-8")
	case strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return errors.New("an id holds no CR, LF, NUL or other control characters")
	case strings.HasPrefix(s, positionMark), s == Earliest:
		return errors.New("ids that begin with # and the id earliest are the hub's own")
	case strings.TrimSpace(s) != s:
		return errors.New("an id neither begins nor ends with white space, which would be lost in Last-Event-ID")
	}
	return nil
}
