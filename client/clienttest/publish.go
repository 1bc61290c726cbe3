package clienttest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.org/hub/client"
)

// Messages returns what was accepted so far, in order. What came again under the
// same idempotency key is in it once.
func (h *Hub) Messages() []Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.messages)
}

// Send sends a message as a service would. It panics on data that are no JSON.
func (h *Hub) Send(to, event string, data any) client.Result {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.accept(Message{To: []string{to}, Event: event, Data: text})
}

// accept appends to the log and counts whom it reaches. The caller holds mu.
func (h *Hub) accept(m Message) client.Result {
	if res, ok := h.sent[m.IdempotencyKey]; ok && m.IdempotencyKey != "" {
		return client.Result{ID: res.ID, Duplicate: true}
	}
	h.messages = append(h.messages, m)
	res := client.Result{ID: position(len(h.messages))}
	if m.Transient {
		res.ID = ""
	}
	users := make(map[string]bool)
	for s := range h.streams {
		if s.gets(&m) {
			res.Connections++
			users[s.user] = true
		}
	}
	res.Users = len(users)
	h.sent[m.IdempotencyKey] = res
	h.change()
	return res
}

func (h *Hub) publish(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-ndjson") {
		answer := h.post(body, key)
		if p, ok := answer.(*problem); ok {
			p.answer(w, http.StatusBadRequest)
			return
		}
		reply(w, http.StatusAccepted, answer)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusAccepted)
	n := 0
	for line := range bytes.Lines(body) {
		_ = json.NewEncoder(w).Encode(wrapped(h.post(line, key+" "+strconv.Itoa(n))))
		n++
	}
}

// post returns a client.Result or a *problem.
func (h *Hub) post(text []byte, key string) any {
	m := Message{IdempotencyKey: key}
	if err := json.Unmarshal(text, &m); err != nil {
		return &problem{Code: "invalid_json", Message: err.Error()}
	}
	if p := m.check(); p != nil {
		return p
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.accept(m)
}
