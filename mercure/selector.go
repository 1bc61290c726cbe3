// Package mercure knows the Mercure protocol's topics, selectors, updates and
// event ids (draft-dunglas-mercure), but neither HTTP nor tokens. An update is one
// record of the log whose addresses are its topics.
package mercure

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/yosida95/uritemplate/v3"

	"example.org/hub/engine"
)

const (
	// MaxTopicLen is the longest topic and the longest selector, in bytes.
	MaxTopicLen = 1024

	// MaxVariables is how many variables a selector may have. What a match costs
	// grows with them.
	MaxVariables = 16

	// everyTopic is the selector of all topics.
	everyTopic = "*"
)

// ErrSelector is wrapped by the errors of ParseSelector and NewSelection.
var ErrSelector = errors.New("not a topic selector")

// Selector is an expression that topics match: "*", a topic that matches itself, or
// a URI Template (RFC 6570) that matches what it can expand to. A text that is no
// valid template stands for itself. Selectors may be used by any goroutine.
type Selector struct {
	text     string
	prefix   string         // of every topic that matches
	template *regexp.Regexp // nil if there is none; linear in the topic, as all of Go's are
	last     atomic.Pointer[verdict]
}

// verdict is whether a record's topics match. One event is asked for by many
// subscribers that share a selector, and matched once.
type verdict struct {
	record  *engine.Record
	matches bool
}

// ParseSelector reads a selector. Equal templates that are in use share one
// Selector.
func ParseSelector(text string) (*Selector, error) {
	if err := validText(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSelector, err)
	}
	prefix, rest, braces := strings.Cut(text, "{")
	switch {
	case text == everyTopic:
		return &Selector{text: text}, nil
	case !braces:
		return &Selector{text: text, prefix: text}, nil
	case variables(rest) > MaxVariables:
		return nil, fmt.Errorf("%w: more than %d variables", ErrSelector, MaxVariables)
	}
	return shared.get(text, func() *Selector {
		s := &Selector{text: text, prefix: prefix}
		template, err := uritemplate.New(text)
		if err != nil {
			s.prefix = text
		} else {
			s.template = template.Regexp()
		}
		return s
	}), nil
}

// variables bounds how many variables there are behind the first brace.
func variables(rest string) int {
	return 1 + strings.Count(rest, "{") + strings.Count(rest, ",")
}

// String returns the selector's text.
func (s *Selector) String() string { return s.text }

// Exact reports whether the selector matches its own text and nothing else.
func (s *Selector) Exact() bool { return s.template == nil && s.text != everyTopic }

// Every reports whether the selector matches all topics by being "*".
func (s *Selector) Every() bool { return s.text == everyTopic }

// Prefix is what every topic begins with that matches.
func (s *Selector) Prefix() string { return s.prefix }

// Match reports whether the topic matches.
func (s *Selector) Match(topic string) bool {
	switch {
	case s.text == everyTopic, s.text == topic:
		return true
	case s.template == nil, !strings.HasPrefix(topic, s.prefix):
		return false
	}
	return s.template.MatchString(topic)
}

// MatchRecord reports whether any topic of a record matches.
func (s *Selector) MatchRecord(rec *engine.Record) bool {
	if s.Exact() {
		return s.matchAny(rec)
	}
	if v := s.last.Load(); v != nil && v.record == rec {
		return v.matches
	}
	v := &verdict{rec, s.matchAny(rec)}
	s.last.Store(v)
	return v.matches
}

func (s *Selector) matchAny(rec *engine.Record) bool {
	for _, to := range rec.To {
		if kind, topic := to.Split(); kind == engine.KindTopic && s.Match(topic) {
			return true
		}
	}
	return false
}

// ValidTopic reports why s cannot be the topic of an update.
func ValidTopic(s string) error {
	if err := validText(s); err != nil {
		return err
	}
	if strings.HasPrefix(s, "/.well-known/mercure") {
		return errors.New("topics that begin with /.well-known/mercure are the hub's own")
	}
	return nil
}

func validText(s string) error {
	switch {
	case s == "" || len(s) > MaxTopicLen:
		return fmt.Errorf("a topic or selector has 1 to %d bytes", MaxTopicLen)
	case !utf8.ValidString(s):
		return errors.New("a topic or selector is valid UTF-8")
	case strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return errors.New("a topic or selector holds no control characters")
	}
	return nil
}
