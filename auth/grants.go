package auth

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.org/hub/engine"
)

var allScopes = []Scope{ScopeDashboard, ScopePublish, ScopePresence, ScopeTicket, ScopeAdmin}

// known returns the scope that s names. The constant is returned, not a piece
// of s, so that a Principal does not keep a whole token alive.
func known(s []byte) (Scope, bool) {
	for _, scope := range allScopes {
		if string(s) == string(scope) {
			return scope, true
		}
	}
	return "", false
}

// addScopes appends the scopes of a space-separated list (RFC 8693 section
// 4.2), each once. Names that mean nothing to the hub are left out: a token may
// be meant for other services as well.
func addScopes(dst []Scope, list []byte) []Scope {
	for len(list) > 0 {
		var name []byte
		name, list, _ = bytes.Cut(list, []byte{' '})
		if s, ok := known(name); ok && !slices.Contains(dst, s) {
			dst = append(dst, s)
		}
	}
	return dst
}

// errPattern is the rule that ValidPattern's errors state.
var errPattern = errors.New("a topic is an exact name or one that ends with a single '*'")

// ValidPattern reports why s cannot be an entry of Principal.Topics: a topic's
// name, or a prefix of names with one '*' behind it.
func ValidPattern(s string) error {
	name := strings.TrimSuffix(s, "*")
	if strings.ContainsAny(name, "*,") {
		return errPattern
	}
	if name == "" && s != "" {
		return nil // "*" alone stands for every topic
	}
	if err := engine.ValidName(name); err != nil {
		return fmt.Errorf("%w: %w", errPattern, err)
	}
	return nil
}
