package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/hub/actors"
	"example.org/hub/cluster"
	"example.org/hub/engine"
)

const (
	defaultUsers = 100 // of a page of presence
	maxUsers     = 1000
	askTimeout   = 2 * time.Second // for the tree to answer a question
)

// usersPage is the answer of GET /api/users.
type usersPage struct {
	Users []actors.UserInfo `json:"users"`
	Next  string            `json:"next,omitempty"` // the after of the next page, "" for the last
	coverage
}

// listUsers serves GET /api/users: who is connected to any hub, by id, a page at
// a time.
func (s *Server) listUsers(c *call) error {
	limit, after, err := readPage(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	users, err := s.hub.Users(ctx, after, limit)
	if err != nil {
		return asked("list users", err)
	}
	others, seen := gather[[]actors.UserInfo](ctx, s, cluster.Question{Kind: cluster.Users, After: after, Limit: limit})
	for _, o := range others {
		users = mergeUsers(users, o.answer, limit)
	}
	page := usersPage{Users: users, coverage: seen}
	if users == nil {
		page.Users = []actors.UserInfo{}
	}
	if len(users) == limit {
		page.Next = users[limit-1].ID
	}
	return c.answerJSON(page)
}

func readPage(c *call) (limit int, after string, err error) {
	query := c.rc.QueryArgs()
	limit = defaultUsers
	if text := query.Peek("limit"); len(text) > 0 {
		limit, err = strconv.Atoi(string(text))
		if err != nil || limit < 1 || limit > maxUsers {
			return 0, "", invalid("invalid_limit", "limit", "limit is a number from 1 to "+strconv.Itoa(maxUsers))
		}
	}
	if text := query.Peek("after"); len(text) > 0 {
		after = string(text)
		if err := engine.ValidName(after); err != nil {
			return 0, "", invalid("invalid_after", "after", err.Error())
		}
	}
	return limit, after, nil
}

// userAnswer is the answer of GET /api/users/{id}.
type userAnswer struct {
	actors.UserInfo
	coverage
}

// mergeUsers joins two pages that are sorted by id. A user of both has the
// connections of both. Each page has the first users of its hub, so that the first
// of both together are the first of all.
func mergeUsers(a, b []actors.UserInfo, limit int) []actors.UserInfo {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y actors.UserInfo) int { return strings.Compare(x.ID, y.ID) })
	merged := all[:0]
	for _, u := range all {
		if n := len(merged); n > 0 && merged[n-1].ID == u.ID {
			merged[n-1].Connections = slices.Concat(merged[n-1].Connections, u.Connections)
		} else {
			merged = append(merged, u)
		}
	}
	return merged[:min(len(merged), limit)]
}

// showUser serves GET /api/users/{id}. A user who is not connected and one who
// never existed look the same: the hubs know only connections.
func (s *Server) showUser(c *call) error {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	user, online, err := s.hub.User(ctx, c.id)
	if err != nil {
		return asked("describe user", err)
	}
	if !online {
		user = actors.UserInfo{ID: c.id}
	}
	others, seen := gather[actors.UserInfo](ctx, s, cluster.Question{Kind: cluster.User, ID: c.id})
	for _, o := range others {
		user.Connections = append(user.Connections, o.answer.Connections...)
	}
	if user.Connections == nil {
		user.Connections = []actors.ConnectionInfo{}
	}
	return c.answerJSON(userAnswer{user, seen})
}

// asked tells a tree that is too busy from a fault.
func asked(what string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errBusy
	}
	return fmt.Errorf("%s: %w", what, err)
}
