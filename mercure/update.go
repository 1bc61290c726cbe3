package mercure

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/hub/engine"
	"example.org/hub/sse"
)

const (
	// MaxTopics is how many topics an update may have, the canonical one included.
	MaxTopics = 100

	// MinRetry is the shortest reconnection time that an update may set. With a
	// shorter one, a single update could make all clients hammer the hubs.
	MinRetry = 500 * time.Millisecond
)

// Update is what a publisher sends, checked.
type Update struct {
	Topics  []string // at least one; the first is canonical, the others are alternates
	Data    string
	Private bool
	ID      string        // "" to let the hub give one
	Type    string        // "" for message
	Retry   time.Duration // 0 for none
}

// FieldError says which field of a form is wrong and which rule it breaks.
type FieldError struct {
	Field string // "" if it is not about one
	Rule  string
}

func (e *FieldError) Error() string { return strings.TrimPrefix(e.Field+": "+e.Rule, ": ") }

var errTwice = errors.New("the field is there twice")

// ParseUpdate reads a form of the type application/x-www-form-urlencoded. Fields
// that it does not know are passed over. Its errors are *FieldError.
func ParseUpdate(form string) (Update, error) {
	var u Update
	seen := make(map[string]bool, 6)
	for pair := range strings.SplitSeq(form, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return u, &FieldError{"", "a name in the form is not encoded rightly"}
		}
		set := fields[name]
		if set == nil {
			continue
		}
		value, err := url.QueryUnescape(rawValue)
		if err == nil && seen[name] && name != "topic" {
			err = errTwice
		}
		if err == nil {
			err = set(&u, value)
		}
		if err != nil {
			return u, &FieldError{name, err.Error()}
		}
		seen[name] = true
	}
	if len(u.Topics) == 0 {
		return u, &FieldError{"topic", "topic is required"}
	}
	return u, nil
}

// fields are the names of a form.
var fields = map[string]func(*Update, string) error{
	"topic":   (*Update).addTopic,
	"data":    func(u *Update, v string) error { u.Data = v; return nil },
	"private": func(u *Update, _ string) error { u.Private = true; return nil }, // its presence counts
	"id":      func(u *Update, v string) error { u.ID = v; return validID(v) },
	"type":    (*Update).setType,
	"retry":   (*Update).setRetry,
}

func (u *Update) addTopic(topic string) error {
	if err := ValidTopic(topic); err != nil {
		return err
	}
	if slices.Contains(u.Topics, topic) {
		return nil
	}
	if len(u.Topics) == MaxTopics {
		return fmt.Errorf("an update has at most %d topics", MaxTopics)
	}
	u.Topics = append(u.Topics, topic)
	return nil
}

func (u *Update) setType(name string) error {
	if sse.Reserved(name) {
		return errors.New("events of this type are the hub's own")
	}
	if name != sse.EventMessage {
		u.Type = name
	}
	return sse.ValidName(name)
}

func (u *Update) setRetry(text string) error {
	if text == "" {
		return nil
	}
	ms, err := strconv.ParseUint(text, 10, 32)
	u.Retry = time.Duration(ms) * time.Millisecond
	if err != nil || (u.Retry != 0 && u.Retry < MinRetry) || u.Retry > sse.MaxRetry {
		return fmt.Errorf("retry is 0 or a number of milliseconds from %d to %d", MinRetry.Milliseconds(), sse.MaxRetry.Milliseconds())
	}
	return nil
}

// Record returns what the log stores of the update.
//
// Errors wrap those of sse.AppendEvent: data that is not valid UTF-8.
func (u *Update) Record(now time.Time) (*engine.Record, error) {
	body, err := sse.AppendEvent(nil, &sse.Event{Name: u.Type, Data: []byte(u.Data), Retry: u.Retry})
	if err != nil {
		return nil, fmt.Errorf("encode update: %w", err)
	}
	rec := &engine.Record{Kind: engine.Event, Name: u.Type, Body: body, ID: u.ID, Public: !u.Private, Time: now}
	for _, topic := range u.Topics {
		rec.To = append(rec.To, engine.Topic(topic))
	}
	return rec, nil
}

// AllMatch reports whether each topic of the update matches one of the selectors.
func (u *Update) AllMatch(selectors []*Selector) bool {
	return !slices.ContainsFunc(u.Topics, func(topic string) bool {
		return !slices.ContainsFunc(selectors, func(s *Selector) bool { return s.Match(topic) })
	})
}
