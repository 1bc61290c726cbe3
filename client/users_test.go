package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestPublisher_SendToUsers(t *testing.T) {
	s, url := serve(t, answer(http.StatusAccepted, accepted))
	pub := newTestPublisher(t, url)
	var users []string
	for i := range 250 {
		users = append(users, fmt.Sprint("u", i))
	}
	res, err := pub.SendToUsers(t.Context(), users, Message{IdempotencyKey: "k", To: []string{"ignored"}})
	if err != nil || res != (Result{ID: "e-7", Connections: 9, Users: 3}) {
		t.Errorf("got %+v, %v", res, err)
	}
	var to, keys []string
	for i, body := range s.bodies {
		var m struct{ To []string }
		if err := json.Unmarshal([]byte(body), &m); err != nil || len(m.To) > 100 {
			t.Fatalf("%d addresses, %v", len(m.To), err)
		}
		to = append(to, m.To...)
		keys = append(keys, s.request(t, i).Header.Get("Idempotency-Key"))
	}
	if len(to) != 250 || to[0] != "user/u0" || to[249] != "user/u249" || !slices.Equal(keys, []string{"k", "k/1", "k/2"}) {
		t.Errorf("got %d addresses, keys %v", len(to), keys)
	}
	if res, err := pub.SendToUsers(t.Context(), nil, Message{}); err != nil || res != (Result{}) || s.count() != 3 {
		t.Errorf("nobody: got %+v, %v, %d requests", res, err, s.count())
	}
}

func TestPublisher_SendToUsersTellsWhatWasSent(t *testing.T) {
	_, url := serve(t, answer(http.StatusAccepted, accepted), answer(http.StatusForbidden, `{"error":{"code":"missing_scope","message":"no"}}`))
	res, err := newTestPublisher(t, url).SendToUsers(t.Context(), make([]string, 101), Message{})
	if res.Connections != 3 || !errors.Is(err, ErrForbidden) {
		t.Errorf("got %+v, %v", res, err)
	}
}

func TestPublisher_Ticket(t *testing.T) {
	s, url := serve(t, answer(http.StatusOK, `{"ticket":"abc","expiresInMs":30000}`))
	pub := newTestPublisher(t, url)
	got, err := pub.Ticket(t.Context(), "a/b", Grant{Topics: []string{"news"}, Dashboard: true, TTL: 90 * time.Second})
	if err != nil || got != (Ticket{Ticket: "abc", ExpiresInMs: 30000}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := pub.Ticket(t.Context(), "c", Grant{}); err != nil {
		t.Error(err)
	}
	if r := s.request(t, 0); r.Method != http.MethodPost || r.URL.EscapedPath() != "/api/users/a%2Fb/ticket" {
		t.Errorf("got %s %s", r.Method, r.URL)
	}
	if want := []string{`{"topics":["news"],"dashboard":true,"ttl":90}`, `{}`}; !slices.Equal(s.bodies, want) {
		t.Errorf("got %q", s.bodies)
	}
}
