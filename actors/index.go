package actors

import "math/rand/v2"

// index is the registry's view of all connections: every one in a list, by id,
// and by topic. It belongs to the registry alone.
type index struct {
	all    []*connection
	byID   map[uint64]*connection
	topics map[string]set
	picky  int // connections that want only some event types

	mercure mercureIndex // streams of that protocol, which topics does not have
}

type set = map[*connection]struct{}

// dashboardTopic is the index of dashboard streams. No client can ask for it: a
// topic's name holds no control characters.
const dashboardTopic = "\x00dashboard"

func newIndex() index {
	return index{byID: map[uint64]*connection{}, topics: map[string]set{}}
}

// add lists a connection and gives it an id.
func (x *index) add(c *connection) {
	for c.id == 0 || x.byID[c.id] != nil {
		c.id = rand.Uint64()
	}
	c.slot = int32(len(x.all))
	x.all = append(x.all, c)
	x.byID[c.id] = c
	if c.filter == nil {
		return
	}
	if c.dialect == mercureDialect {
		x.mercure.add(c)
		return
	}
	if c.filter.only != nil {
		x.picky++
	}
	for _, t := range c.filter.topics {
		if x.topics[t] == nil {
			x.topics[t] = set{}
		}
		x.topics[t][c] = struct{}{}
	}
}

// remove forgets a connection and reports whether it was there.
func (x *index) remove(c *connection) bool {
	if c.slot < 0 {
		return false
	}
	last := len(x.all) - 1
	x.all[c.slot] = x.all[last]
	x.all[c.slot].slot = c.slot
	x.all[last] = nil
	x.all = x.all[:last]
	c.slot = -1
	delete(x.byID, c.id)
	if c.filter == nil {
		return true
	}
	if c.dialect == mercureDialect {
		x.mercure.remove(c)
		return true
	}
	if c.filter.only != nil {
		x.picky--
	}
	for _, t := range c.filter.topics {
		delete(x.topics[t], c)
		if len(x.topics[t]) == 0 {
			delete(x.topics, t)
		}
	}
	return true
}
