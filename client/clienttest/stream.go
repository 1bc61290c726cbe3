package clienttest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.org/hub/sse"
)

// stream is an open response.
type stream struct {
	id, user  string
	topics    []string
	dashboard bool
	next      int // index of the next message to look at
	cut       chan struct{}
}

const epoch = "test"

// position is that after the nth message.
func position(n int) string { return epoch + "-" + strconv.Itoa(n) }

func (h *Hub) serveStream(w http.ResponseWriter, r *http.Request) {
	user, ok := h.authenticate(r)
	if !ok {
		(&problem{Code: "missing_credentials", Message: "the request carries no token"}).answer(w, http.StatusUnauthorized)
		return
	}
	s := &stream{user: user, dashboard: strings.Contains(r.URL.Path, "dashboard"), cut: make(chan struct{})}
	if topics := r.URL.Query().Get("topics"); topics != "" {
		s.topics = strings.Split(topics, ",")
	}
	if s.dashboard {
		s.topics = append(s.topics, "dashboard")
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = w.Write(h.attach(s, r.Header.Get("Last-Event-ID")))
	defer h.detach(s)
	for {
		block, changed := h.pending(s)
		if _, err := w.Write(block); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case <-changed:
		case <-s.cut:
			panic(http.ErrAbortHandler) // as a network does it
		case <-r.Context().Done():
			return
		case <-h.done:
			return
		}
	}
}

// authenticate takes the token for the user's name.
func (h *Hub) authenticate(r *http.Request) (user string, ok bool) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token, true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	ticket := r.URL.Query().Get("ticket")
	user, ok = h.tickets[ticket]
	delete(h.tickets, ticket)
	return user, ok
}

// attach adds a stream and returns what it begins with.
func (h *Hub) attach(s *stream, lastEventID string) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opened++
	s.id = "c" + strconv.Itoa(h.opened)
	s.next = len(h.messages)
	digits, ours := strings.CutPrefix(lastEventID, epoch+"-")
	if from, err := strconv.Atoi(digits); ours && err == nil && from >= 0 && from <= len(h.messages) {
		s.next = max(from, h.lost)
	}
	resumed := lastEventID == position(s.next)
	b := appendJSON(nil, sse.EventConnected, sse.Connected{
		ConnectionID: s.id, UserID: s.user, Instance: "clienttest", HeartbeatMs: 15_000, Resumed: resumed,
	})
	if lastEventID != "" && !resumed {
		b = appendJSON(b, sse.EventGap, sse.Gap{From: lastEventID, To: position(s.next), Reason: "expired"})
	}
	b = append(sse.AppendID(b, position(s.next)), '\n')
	h.streams[s] = struct{}{}
	h.change()
	return b
}

func (h *Hub) detach(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, s)
	h.change()
}

// pending returns what s has not got yet, and what tells of more.
func (h *Hub) pending(s *stream) (b []byte, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, open := h.streams[s]; !open {
		return nil, h.changed // cut: what came after that is for the next stream
	}
	for ; s.next < len(h.messages); s.next++ {
		if m := &h.messages[s.next]; s.gets(m) {
			ev := sse.Event{ID: position(s.next + 1), Name: m.Event, Data: m.Data}
			if m.Transient {
				ev.ID = ""
			}
			b, _ = sse.AppendEvent(b, &ev)
		}
	}
	return b, h.changed
}

// gets reports whether a message is for the stream.
func (s *stream) gets(m *Message) bool {
	if m.Except == s.id {
		return false
	}
	return slices.ContainsFunc(m.To, func(to string) bool {
		kind, name, _ := strings.Cut(to, "/")
		switch kind {
		case "all":
			return true
		case "user":
			return name == s.user
		case "connection":
			return name == s.id
		default:
			return slices.Contains(s.topics, name)
		}
	})
}

// appendJSON appends an event of the hub's own.
func appendJSON(b []byte, name string, v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // none of them can fail
	}
	b, _ = sse.AppendEvent(b, &sse.Event{Name: name, Data: data})
	return b
}
