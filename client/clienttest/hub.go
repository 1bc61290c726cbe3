package clienttest

import (
	"net/http"
	"net/http/httptest"
	"sync"

	"example.org/hub/client"
)

// Hub is a hub in this process. Its methods may be called from any goroutine.
type Hub struct {
	// URL is the address of both listeners. Streams are at URL + "/api/sse".
	URL string

	server *httptest.Server
	done   chan struct{} // closed by Close

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced when anything below changes
	messages []Message     // the log; the nth has position n+1
	lost     int           // so many of the first are gone for those who come back
	sent     map[string]client.Result
	streams  map[*stream]struct{}
	opened   int
	tickets  map[string]string // user by ticket
	refusals []refusal
	revoked  []string
	ended    []string
}

// NewHub starts a hub. Close it after use.
func NewHub() *Hub {
	h := &Hub{
		done: make(chan struct{}), changed: make(chan struct{}), sent: make(map[string]client.Result),
		streams: make(map[*stream]struct{}), tickets: make(map[string]string),
	}
	h.server = httptest.NewServer(h.routes())
	h.URL = h.server.URL
	return h
}

// Close ends all streams and stops the hub.
func (h *Hub) Close() {
	close(h.done)
	h.server.Close()
}

// Publisher returns a publisher for the hub. The options come after those that it
// needs.
func (h *Hub) Publisher(opts ...client.Option) *client.Publisher {
	p, err := client.NewPublisher(h.URL, append([]client.Option{client.WithAPIKey("test")}, opts...)...)
	if err != nil {
		panic(err) // a test's mistake
	}
	return p
}

func (h *Hub) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/sse", h.serveStream)
	mux.HandleFunc("GET /api/dashboard/sse", h.serveStream)
	mux.HandleFunc("POST /api/messages", h.publish)
	mux.HandleFunc("GET /api/stats", h.stats)
	mux.HandleFunc("GET /api/users/{id}", h.presence)
	mux.HandleFunc("DELETE /api/users/{id}/connections", h.disconnect)
	mux.HandleFunc("DELETE /api/connections/{id}", h.disconnect)
	mux.HandleFunc("POST /api/users/{id}/revoke", h.revoke)
	mux.HandleFunc("POST /api/users/{id}/ticket", h.ticket)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f, ok := h.refuses(); ok {
			f.answer(w)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// change wakes who waits. The caller holds mu.
func (h *Hub) change() {
	close(h.changed)
	h.changed = make(chan struct{})
}
