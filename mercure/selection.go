package mercure

import (
	"fmt"
	"slices"

	"example.org/hub/engine"
)

// Selection is what one subscriber asks for and what it may have. It never
// changes.
type Selection struct {
	Topics   []string    // selectors that are one topic each
	Patterns []*Selector // the others
	grants   []*Selector // what it may read beyond public updates
}

// NewSelection reads the selectors of a subscription and those of the subscribe
// claim. The error says which one is wrong.
func NewSelection(selectors, grants []string) (*Selection, error) {
	s := &Selection{}
	for _, text := range selectors {
		sel, err := ParseSelector(text)
		switch {
		case err != nil:
			return nil, err
		case sel.Exact() && !slices.Contains(s.Topics, text):
			s.Topics = append(s.Topics, text)
		case !sel.Exact() && !slices.ContainsFunc(s.Patterns, func(p *Selector) bool { return p.text == text }):
			s.Patterns = append(s.Patterns, sel)
		}
	}
	var err error
	if s.grants, err = ParseSelectors(grants); err != nil {
		return nil, fmt.Errorf("subscribe claim: %w", err)
	}
	return s, nil
}

// ParseSelectors reads several selectors.
func ParseSelectors(texts []string) ([]*Selector, error) {
	all := make([]*Selector, 0, len(texts))
	for _, text := range texts {
		s, err := ParseSelector(text)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Wants reports whether the subscriber gets a record: one of its topics was asked
// for, and it is public or one of its topics is granted.
func (s *Selection) Wants(rec *engine.Record) bool {
	return s.selects(rec) && s.May(rec)
}

// May reports whether the subscriber is allowed to have a record.
func (s *Selection) May(rec *engine.Record) bool {
	return rec.Public || matchesAny(s.grants, rec)
}

func (s *Selection) selects(rec *engine.Record) bool {
	for _, to := range rec.To {
		if kind, topic := to.Split(); kind == engine.KindTopic && slices.Contains(s.Topics, topic) {
			return true
		}
	}
	return matchesAny(s.Patterns, rec)
}

func matchesAny(selectors []*Selector, rec *engine.Record) bool {
	return slices.ContainsFunc(selectors, func(s *Selector) bool { return s.MatchRecord(rec) })
}

// Texts returns the selectors as they were given.
func (s *Selection) Texts() []string {
	texts := slices.Clone(s.Topics)
	for _, p := range s.Patterns {
		texts = append(texts, p.text)
	}
	return texts
}
