package actors

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// census collects the answers of users to one question. It is told how many to
// expect before the first can answer; for one that has stopped meanwhile
// Hub.lost answers.
type census struct {
	mu      sync.Mutex
	users   []UserInfo
	waiting int
	done    chan struct{}
}

func (s *census) expect(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting = n; n == 0 {
		close(s.done)
	}
}

func (s *census) add(u UserInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(u.Connections) > 0 {
		s.users = append(s.users, u)
	}
	if s.waiting--; s.waiting == 0 {
		close(s.done)
	}
}

// Users returns up to limit users with open connections whose ids follow after,
// in the order of their ids, with their connections.
//
// Errors: ErrNoAnswer with the context's error.
func (h *Hub) Users(ctx context.Context, after string, limit int) ([]UserInfo, error) {
	if limit < 1 {
		return nil, nil
	}
	return h.ask(ctx, &list{from: after + "\x00", limit: limit})
}

// User returns one user, and whether it has open connections.
//
// Errors: ErrNoAnswer with the context's error.
func (h *Hub) User(ctx context.Context, id string) (UserInfo, bool, error) {
	if id == "" {
		return UserInfo{}, false, nil
	}
	users, err := h.ask(ctx, &list{user: id})
	if err != nil || len(users) == 0 {
		return UserInfo{ID: id}, false, err
	}
	return users[0], true, nil
}

func (h *Hub) ask(ctx context.Context, question *list) ([]UserInfo, error) {
	s := &census{done: make(chan struct{})}
	question.reply = s
	if !h.submit(question) {
		return nil, ErrNoAnswer
	}
	if err := await(ctx, s.done); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.users, func(x, y UserInfo) int { return strings.Compare(x.ID, y.ID) })
	return s.users, nil
}

// list asks one user, or those of one page, about themselves.
func (a *registry) list(c actor.Context, m *list) {
	var page []*userRef
	if m.user == "" {
		page = a.page(m.from, m.limit)
	} else if ref := a.users[m.user]; ref != nil {
		page = append(page, ref)
	}
	m.reply.expect(len(page))
	for _, ref := range page {
		c.Send(ref.pid, &describe{m.reply})
	}
}

// page finds the limit smallest ids from the given one on, in one pass: the
// page is kept sorted, and most users are not in it.
func (a *registry) page(from string, limit int) []*userRef {
	var page []*userRef
	for id, ref := range a.users {
		if id < from || (len(page) == limit && id > page[limit-1].id) {
			continue
		}
		at, _ := slices.BinarySearchFunc(page, id, func(r *userRef, id string) int { return strings.Compare(r.id, id) })
		page = slices.Insert(page, at, ref)
		page = page[:min(len(page), limit)]
	}
	return page
}

// info describes a user and its connections.
func (a *user) info() UserInfo {
	info := UserInfo{ID: a.ref.id}
	for _, conn := range a.conns {
		info.Connections = append(info.Connections, conn.info())
	}
	return info
}

func (c *connection) info() ConnectionInfo {
	info := ConnectionInfo{
		ID:          connectionID(c.id),
		UserAgent:   c.agent.Value(),
		Since:       time.UnixMilli(c.since).UTC(),
		LastWrite:   time.UnixMilli(c.lastWrite.Load()).UTC(),
		QueuedBytes: int(c.queuedBytes.Load()),
		Instance:    c.hub.cfg.Instance,
	}
	if c.remote.IsValid() {
		info.Remote = c.remote.String()
	}
	if c.filter != nil {
		info.Topics = slices.DeleteFunc(slices.Clone(c.filter.topics), func(t string) bool { return t == dashboardTopic })
	}
	return info
}
