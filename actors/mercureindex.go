package actors

import (
	"iter"
	"slices"

	"example.org/hub/engine"
	"example.org/hub/mercure"
)

// maxPatterns is how many different patterns may begin with the same text. Each of
// them has to be tried for every topic that begins so.
const maxPatterns = 256

// mercureIndex finds the Mercure streams that select a topic: by its name, or by
// patterns, which are found by the text that they begin with. So a topic is matched
// only with patterns that it may well match, however many there are. It belongs to
// the registry alone; its maps are made when they are needed.
type mercureIndex struct {
	topics   map[string]set
	prefixes map[string][]*pattern
	lengths  map[int]int // how many prefixes of each length there are
}

// pattern is a selector and who has it.
type pattern struct {
	selector *mercure.Selector
	streams  set
}

// selection returns what a Mercure stream asks for.
func (c *connection) selection() *mercure.Selection {
	return c.filter.only.(selecting).Selection
}

func (x *mercureIndex) add(c *connection) {
	if x.topics == nil {
		x.topics, x.prefixes, x.lengths = map[string]set{}, map[string][]*pattern{}, map[int]int{}
	}
	for _, topic := range c.selection().Topics {
		if x.topics[topic] == nil {
			x.topics[topic] = set{}
		}
		x.topics[topic][c] = struct{}{}
	}
	for _, s := range c.selection().Patterns {
		x.pattern(s).streams[c] = struct{}{}
	}
}

// pattern returns the pattern of a selector, new if there was none.
func (x *mercureIndex) pattern(s *mercure.Selector) *pattern {
	same := x.prefixes[s.Prefix()]
	if i := indexOf(same, s); i >= 0 {
		return same[i]
	}
	if len(same) == 0 {
		x.lengths[len(s.Prefix())]++
	}
	p := &pattern{selector: s, streams: set{}}
	x.prefixes[s.Prefix()] = append(same, p)
	return p
}

func indexOf(patterns []*pattern, s *mercure.Selector) int {
	return slices.IndexFunc(patterns, func(p *pattern) bool { return p.selector.String() == s.String() })
}

func (x *mercureIndex) remove(c *connection) {
	for _, topic := range c.selection().Topics {
		delete(x.topics[topic], c)
		if len(x.topics[topic]) == 0 {
			delete(x.topics, topic)
		}
	}
	for _, s := range c.selection().Patterns {
		same := x.prefixes[s.Prefix()]
		i := indexOf(same, s)
		if delete(same[i].streams, c); len(same[i].streams) > 0 {
			continue
		}
		if same = slices.Delete(same, i, i+1); len(same) > 0 {
			x.prefixes[s.Prefix()] = same
			continue
		}
		delete(x.prefixes, s.Prefix())
		if x.lengths[len(s.Prefix())]--; x.lengths[len(s.Prefix())] == 0 {
			delete(x.lengths, len(s.Prefix()))
		}
	}
}

// fits reports whether there is room for the patterns of a selection. That of all
// topics costs nothing to match, and nobody shall keep others from it.
func (x *mercureIndex) fits(sel *mercure.Selection) bool {
	for _, s := range sel.Patterns {
		if same := x.prefixes[s.Prefix()]; !s.Every() && len(same) >= maxPatterns && indexOf(same, s) < 0 {
			return false
		}
	}
	return true
}

// readers yields the streams that select one of an event's topics and may have the
// event. One that selects several comes several times.
func (x *mercureIndex) readers(rec *engine.Record) iter.Seq[*connection] {
	return func(yield func(*connection) bool) {
		for _, to := range rec.To {
			kind, topic := to.Split()
			if kind != engine.KindTopic {
				continue
			}
			for streams := range x.selected(topic) {
				for c := range streams {
					if !c.excepted(rec) && c.selection().May(rec) && !yield(c) {
						return
					}
				}
			}
		}
	}
}

// selected yields the streams of a topic, and of each pattern that it matches.
func (x *mercureIndex) selected(topic string) iter.Seq[set] {
	return func(yield func(set) bool) {
		if streams := x.topics[topic]; len(streams) > 0 && !yield(streams) {
			return
		}
		for n := range x.lengths {
			if n > len(topic) {
				continue
			}
			for _, p := range x.prefixes[topic[:n]] {
				if p.selector.Match(topic) && !yield(p.streams) {
					return
				}
			}
		}
	}
}
