package engine

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxNameLen is the longest user, connection or topic name, in bytes.
const MaxNameLen = 256

// ErrBadAddress is wrapped by the errors of ParseAddress.
var ErrBadAddress = errors.New("not an address")

// Address says which actors a record is for, in its text form: "user/<id>",
// "connection/<id>", "topic/<name>" or "all". The kind ends at the first slash,
// so that names may hold slashes and no two addresses share a text.
type Address string

// All is the address of every connection.
const All Address = "all"

// The kinds of addresses. Kind returns one of these.
const (
	KindAll        = "all"
	KindUser       = "user"
	KindConnection = "connection"
	KindTopic      = "topic"
)

// User returns the address of a user's connections.
func User(id string) Address { return Address(KindUser + "/" + id) }

// Connection returns the address of one connection.
func Connection(id string) Address { return Address(KindConnection + "/" + id) }

// Topic returns the address of a topic's subscribers.
func Topic(name string) Address { return Address(KindTopic + "/" + name) }

// Split returns the kind and the name of a parsed address. The name of All is "".
func (a Address) Split() (kind, name string) {
	kind, name, _ = strings.Cut(string(a), "/")
	return kind, name
}

// ParseAddress checks the text of an address. The error says which rule it broke.
func ParseAddress(s string) (Address, error) {
	if s == string(All) {
		return All, nil
	}
	kind, name, ok := strings.Cut(s, "/")
	if !ok {
		return "", fmt.Errorf("%w: want user/<id>, connection/<id>, topic/<name> or all", ErrBadAddress)
	}
	switch kind {
	case KindUser, KindConnection:
	case KindTopic:
		if strings.ContainsAny(name, "*,") {
			return "", fmt.Errorf("%w: a topic name holds neither '*' nor ','", ErrBadAddress)
		}
	default:
		return "", fmt.Errorf("%w: the kind is user, connection or topic", ErrBadAddress)
	}
	if err := ValidName(name); err != nil {
		return "", err
	}
	return Address(s), nil
}

// ValidName reports why s cannot name a user, connection or topic: names are
// 1 to MaxNameLen bytes of valid UTF-8 without control characters. They are
// compared as bytes and never normalised.
func ValidName(s string) error {
	if s == "" || len(s) > MaxNameLen {
		return fmt.Errorf("%w: a name has 1 to %d bytes", ErrBadAddress, MaxNameLen)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: a name is valid UTF-8", ErrBadAddress)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return fmt.Errorf("%w: a name holds no control characters", ErrBadAddress)
	}
	return nil
}
