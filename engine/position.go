package engine

import (
	"errors"
	"strconv"
	"strings"
)

// MaxPositionLen is the longest text of a position, in bytes. Browsers preflight
// a cross-origin request whose Last-Event-ID is longer than 128 bytes.
const MaxPositionLen = 128

// ErrBadPosition is returned by ParsePosition for text that no hub wrote.
var ErrBadPosition = errors.New("not a position")

// Position is a place in the log: the number of a record within an epoch. It is
// the same on every hub. Its text "<epoch>-<seq>" is what clients see as the
// event id and send back as Last-Event-ID (WHATWG HTML 9.2.4).
type Position struct {
	Epoch string // 1 to 32 characters of [0-9a-z]
	Seq   uint64
}

// IsZero reports whether p is no position at all.
func (p Position) IsZero() bool { return p == Position{} }

// String returns the text of p, or "" for the zero position.
func (p Position) String() string {
	if p.IsZero() {
		return ""
	}
	return string(p.Append(nil))
}

// Append appends the text of p to b.
func (p Position) Append(b []byte) []byte {
	b = append(b, p.Epoch...)
	b = append(b, '-')
	return strconv.AppendUint(b, p.Seq, 10)
}

// ParsePosition reads the text of a position. It accepts only what String
// writes, so that each position has one text.
func ParsePosition(s string) (Position, error) {
	epoch, num, ok := strings.Cut(s, "-")
	if !ok || !validEpoch(epoch) || len(s) > MaxPositionLen {
		return Position{}, ErrBadPosition
	}
	seq, err := strconv.ParseUint(num, 10, 64)
	if err != nil || num[0] == '+' || (num[0] == '0' && len(num) > 1) {
		return Position{}, ErrBadPosition
	}
	return Position{Epoch: epoch, Seq: seq}, nil
}

func validEpoch(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 32
}
