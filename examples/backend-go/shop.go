package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"time"

	"example.org/hub/client"
)

// shop knows who ordered what, and tells them. In earnest this is a database.
type shop struct {
	hub    *client.Publisher
	ctx    context.Context // of what goes on behind requests
	close  context.CancelFunc
	mu     sync.Mutex
	notes  map[string][]notification // by user, the newest first
	prices map[string]float64
}

type order struct {
	ID    string  `json:"id"`
	User  string  `json:"user"`
	Item  string  `json:"item"`
	Price float64 `json:"price"`
}

type notification struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Time  int64  `json:"time"` // unix ms
}

func newShop(hub *client.Publisher) *shop {
	s := &shop{
		hub: hub, notes: make(map[string][]notification),
		prices: map[string]float64{"Assam": 4.5, "Darjeeling": 6.2, "Earl Grey": 5.1, "Sencha": 7.8},
	}
	s.ctx, s.close = context.WithCancel(context.Background())
	return s
}

// order takes an order; ok is false if there is no such tea.
func (s *shop) order(user, item string) (placed order, ok bool) {
	price, ok := s.prices[item]
	if !ok {
		return order{}, false
	}
	placed = order{ID: rand.Text(), User: user, Item: item, Price: price}
	go s.tell(client.Topic("dashboard"), "order", placed)
	s.notify(user, item+" is paid")
	time.AfterFunc(3*time.Second, func() { s.notify(user, item+" is on its way") })
	return placed, true
}

// notify keeps a notification, and shows it at once to who is there.
func (s *shop) notify(user, title string) {
	n := notification{ID: rand.Text(), Title: title, Time: time.Now().UnixMilli()}
	s.mu.Lock()
	s.notes[user] = append([]notification{n}, s.notes[user][:min(len(s.notes[user]), 49)]...)
	s.mu.Unlock()
	go s.tell(client.User(user), "notification", n)
}

// tell sends an event. The client repeats what may succeed later, under one key.
func (s *shop) tell(to, event string, data any) {
	if _, err := s.hub.Send(s.ctx, client.Message{To: []string{to}, Event: event, Data: data}); err != nil {
		slog.Error("not sent", "event", event, "error", err)
	}
}

func (s *shop) notifications(user string) []notification {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]notification{}, slices.Clone(s.notes[user])...)
}
