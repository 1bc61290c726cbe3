package clienttest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// problem is the error of an answer.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
}

func (p *problem) answer(w http.ResponseWriter, status int) { reply(w, status, wrapped(p)) }

// wrapped puts a problem where clients look for it.
func wrapped(v any) any {
	if p, ok := v.(*problem); ok {
		return map[string]*problem{"error": p}
	}
	return v
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// refusal is an answer that a test ordered.
type refusal struct {
	status     int
	retryAfter time.Duration
}

func (f refusal) answer(w http.ResponseWriter) {
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((f.retryAfter+time.Second-1)/time.Second)))
	}
	(&problem{Code: "refused_by_test", Message: http.StatusText(f.status)}).answer(w, f.status)
}

// RefuseNext answers the next request with an HTTP status, whatever it asks for;
// several calls queue up. A retryAfter above 0 asks the client to wait as long, in
// whole seconds.
func (h *Hub) RefuseNext(status int, retryAfter time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refusals = append(h.refusals, refusal{status, retryAfter})
}

// refuses takes the next refusal, if there is one.
func (h *Hub) refuses() (f refusal, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.refusals) == 0 {
		return f, false
	}
	f, h.refusals = h.refusals[0], h.refusals[1:]
	return f, true
}
