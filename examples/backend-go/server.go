package main

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"sync"

	"example.org/hub/client"
)

// server answers the page.
type server struct {
	shop   *shop
	hub    *client.Publisher
	public string // the hub, as browsers reach it

	mu       sync.Mutex
	sessions map[string]string // user by session
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/login", s.login)
	mux.HandleFunc("POST /api/logout", s.logout)
	mux.HandleFunc("GET /api/session", s.known(func(_ *http.Request, user string) (int, any) {
		return http.StatusOK, session{user, s.public}
	}))
	mux.HandleFunc("GET /api/notifications", s.known(func(_ *http.Request, user string) (int, any) {
		return http.StatusOK, s.shop.notifications(user)
	}))
	mux.HandleFunc("POST /api/hub-ticket", s.known(s.ticket))
	mux.HandleFunc("POST /api/orders", s.known(s.order))
	mux.Handle("/", http.FileServer(http.Dir("examples/app/dist")))
	return mux
}

// session is who is logged in, and where the hub is.
type session struct {
	User string `json:"user"`
	Hub  string `json:"hub"`
}

// ticket is asked for before each attempt to open a stream. Give the dashboard to
// your staff only.
func (s *server) ticket(r *http.Request, user string) (int, any) {
	ticket, err := s.hub.Ticket(r.Context(), user, client.Grant{Topics: []string{"news"}, Dashboard: true})
	if err != nil {
		slog.Error("no ticket", "error", err)
		return http.StatusBadGateway, nil
	}
	return http.StatusOK, ticket
}

func (s *server) order(r *http.Request, user string) (int, any) {
	var wish struct{ Item string }
	if !read(r, &wish) {
		return http.StatusBadRequest, nil
	}
	placed, ok := s.shop.order(user, wish.Item)
	if !ok {
		return http.StatusNotFound, nil
	}
	return http.StatusCreated, placed
}

var name = regexp.MustCompile(`^\w{1,50}$`)

func (s *server) login(w http.ResponseWriter, r *http.Request) {
	var who struct{ User string }
	if !read(r, &who) || !name.MatchString(who.User) {
		reply(w, http.StatusBadRequest, nil)
		return
	}
	id := rand.Text()
	s.mu.Lock()
	s.sessions[id] = who.User
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: "session", Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}) // and Secure, with TLS
	reply(w, http.StatusOK, session{who.User, s.public})
}

func (s *server) logout(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie("session"); err == nil {
		s.mu.Lock()
		delete(s.sessions, c.Value)
		s.mu.Unlock()
	}
	reply(w, http.StatusOK, nil)
}

// known answers those who are logged in.
func (s *server) known(answer func(r *http.Request, user string) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user := ""
		if c, err := r.Cookie("session"); err == nil {
			s.mu.Lock()
			user = s.sessions[c.Value]
			s.mu.Unlock()
		}
		if user == "" {
			reply(w, http.StatusUnauthorized, nil)
			return
		}
		status, data := answer(r, user)
		reply(w, status, data)
	}
}

func read(r *http.Request, v any) bool {
	return json.NewDecoder(http.MaxBytesReader(nil, r.Body, 10_000)).Decode(v) == nil
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
