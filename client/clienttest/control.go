package clienttest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"

	"example.org/hub/client"
)

// Cut cuts every open stream as a broken network does. Clients come back and
// resume.
func (h *Hub) Cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut(func(*stream) bool { return true })
}

// cut ends the streams that match and counts them. The caller holds mu.
func (h *Hub) cut(match func(*stream) bool) client.Result {
	res := client.Result{ID: position(len(h.messages))}
	users := make(map[string]bool)
	for s := range h.streams {
		if match(s) {
			close(s.cut)
			delete(h.streams, s)
			res.Connections++
			users[s.user] = true
		}
	}
	res.Users = len(users)
	h.change()
	return res
}

// Forget loses the messages so far to those who come back for them: their streams
// begin with a gap.
func (h *Hub) Forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost = len(h.messages)
}

// WaitForStreams waits until n streams are open, or more.
func (h *Hub) WaitForStreams(ctx context.Context, n int) error {
	return h.wait(ctx, func() bool { return len(h.streams) >= n })
}

// WaitForMessages waits until n messages were accepted, and returns all.
func (h *Hub) WaitForMessages(ctx context.Context, n int) ([]Message, error) {
	err := h.wait(ctx, func() bool { return len(h.messages) >= n })
	return h.Messages(), err
}

func (h *Hub) wait(ctx context.Context, done func() bool) error {
	for {
		h.mu.Lock()
		ok, changed := done(), h.changed
		h.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("clienttest: wait: %w", context.Cause(ctx))
		}
	}
}

// Disconnected returns the users and connections whose streams a publisher ended.
func (h *Hub) Disconnected() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.ended)
}

// Revoked returns the users whose tokens a publisher revoked. Their streams end,
// but their names are let in again.
func (h *Hub) Revoked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.revoked)
}

func (h *Hub) disconnect(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := r.PathValue("id")
	h.ended = append(h.ended, id)
	byUser := r.Pattern == "DELETE /api/users/{id}/connections"
	reply(w, http.StatusAccepted, h.cut(func(s *stream) bool { return (byUser && s.user == id) || (!byUser && s.id == id) }))
}

func (h *Hub) revoke(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := r.PathValue("id")
	h.revoked = append(h.revoked, id)
	reply(w, http.StatusAccepted, h.cut(func(s *stream) bool { return s.user == id }))
}

func (h *Hub) ticket(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := client.Ticket{Ticket: rand.Text(), ExpiresInMs: 30_000}
	h.tickets[t.Ticket] = r.PathValue("id")
	reply(w, http.StatusOK, t)
}

func (h *Hub) presence(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := client.Presence{User: r.PathValue("id"), Connections: []client.ConnectionInfo{}}
	for s := range h.streams {
		if s.user == out.User {
			out.Connections = append(out.Connections, client.ConnectionInfo{ID: s.id, Instance: "clienttest", Topics: s.topics})
		}
	}
	reply(w, http.StatusOK, out)
}

func (h *Hub) stats(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	users := make(map[string]bool)
	for s := range h.streams {
		users[s.user] = true
	}
	own := client.Figures{
		Instance: "clienttest", TotalConnections: int64(len(h.streams)), UniqueUsers: int64(len(users)),
		ConnectionsOpened: uint64(h.opened), MessagesIn: uint64(len(h.messages)),
	}
	reply(w, http.StatusOK, client.Stats{Instance: own.Instance, Total: own, Instances: []client.Figures{own}})
}
