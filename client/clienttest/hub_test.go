package clienttest_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/hub/client"
	"example.org/hub/client/clienttest"
	"example.org/hub/sse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newHub(t *testing.T) *clienttest.Hub {
	t.Helper()
	hub := clienttest.NewHub()
	t.Cleanup(hub.Close)
	return hub
}

func newPublisher(t *testing.T, hub *clienttest.Hub) *client.Publisher {
	t.Helper()
	p := hub.Publisher(client.WithBackoff(time.Millisecond, time.Millisecond))
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// follow opens a stream and waits until it is there.
func follow(t *testing.T, hub *clienttest.Hub, user string, opts ...client.Option) (*client.Stream, <-chan sse.Event) {
	t.Helper()
	s, err := client.Subscribe(t.Context(), hub.URL+"/api/sse",
		append(opts, client.WithTokenSource(client.StaticToken(user)), client.WithBackoff(time.Millisecond, time.Millisecond))...)
	if err != nil {
		t.Fatal(err)
	}
	events := s.Channel()
	t.Cleanup(func() {
		_ = s.Close()
		for range events {
		}
	})
	if ev := <-events; ev.Name != sse.EventConnected {
		t.Fatalf("got %s, %v", ev.Name, s.Err())
	}
	return s, events
}

func TestHub_RecordsAndDelivers(t *testing.T) {
	hub := newHub(t)
	pub := newPublisher(t, hub)
	_, alice := follow(t, hub, "alice", client.WithTopics("news"))
	_, bob := follow(t, hub, "bob")
	ctx := t.Context()
	if res, err := pub.Broadcast(ctx, client.Message{Event: "a"}); err != nil || res.Connections != 2 || res.Users != 2 {
		t.Errorf("got %+v, %v", res, err)
	}
	res, err := pub.SendToUsers(ctx, []string{"alice", "carol"}, client.Message{Event: "b", Data: map[string]int{"n": 1}})
	if err != nil || res.Connections != 1 || res.Users != 1 || res.ID != "test-2" {
		t.Errorf("got %+v, %v", res, err)
	}
	if _, err := pub.Publish(ctx, "news", client.Message{Event: "c", Transient: true}); err != nil {
		t.Error(err)
	}
	if _, err := pub.SendToUser(ctx, "bob", client.Message{Event: "d"}); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"a", "b", "c"} {
		if ev := <-alice; ev.Name != want {
			t.Errorf("alice got %+v, want %s", ev, want)
		}
	}
	for _, want := range []string{"a", "d"} {
		if ev := <-bob; ev.Name != want {
			t.Errorf("bob got %+v, want %s", ev, want)
		}
	}
	messages, err := hub.WaitForMessages(ctx, 4)
	if err != nil || len(messages) != 4 || !slices.Equal(messages[1].To, []string{"user/alice", "user/carol"}) {
		t.Fatalf("got %v, %v", messages, err)
	}
	var data struct{ N int }
	if err := messages[1].Decode(&data); err != nil || data.N != 1 || !messages[2].Transient || messages[0].IdempotencyKey == "" {
		t.Errorf("got %+v, %v", messages, err)
	}
}

func TestHub_BatchAndBadMessages(t *testing.T) {
	hub := newHub(t)
	out, err := newPublisher(t, hub).Batch(t.Context(), []client.Message{{To: []string{"all"}}, {To: []string{"nobody"}}, {}})
	if err != nil || out[0].Err != nil || out[0].ID != "test-1" {
		t.Fatalf("got %+v, %v", out, err)
	}
	for _, bad := range out[1:] {
		if e := (*client.Error)(nil); !errors.As(bad.Err, &e) || e.Field != "to" {
			t.Errorf("got %v", bad.Err)
		}
	}
	if n := len(hub.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestHub_RefusesAndCountsOnce(t *testing.T) {
	hub := newHub(t)
	hub.RefuseNext(http.StatusServiceUnavailable, 0)
	pub := newPublisher(t, hub)
	m := client.Message{IdempotencyKey: "order-1"}
	if _, err := pub.Broadcast(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if res, err := pub.Broadcast(t.Context(), m); err != nil || !res.Duplicate || res.ID != "test-1" {
		t.Errorf("got %+v, %v", res, err)
	}
	hub.RefuseNext(http.StatusUnauthorized, 0)
	if _, err := pub.Broadcast(t.Context(), m); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	if n := len(hub.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestHub_CutStreamsResumeAndForgottenOnesHaveAGap(t *testing.T) {
	hub := newHub(t)
	stream, events := follow(t, hub, "alice")
	hub.Send("user/alice", "a", 1)
	if ev := <-events; ev.Name != "a" || ev.ID != "test-1" {
		t.Fatalf("got %+v", ev)
	}
	hub.RefuseNext(http.StatusBadGateway, 0) // until the next is sent
	hub.Cut()
	hub.Send("user/alice", "b", 2)
	for _, want := range []string{sse.EventConnected, "b"} {
		if ev := <-events; ev.Name != want {
			t.Errorf("got %+v, want %s", ev, want)
		}
	}
	_ = stream.Close()
	hub.Send("user/alice", "lost", 3)
	hub.Forget()
	hub.Send("user/alice", "c", 4)
	_, events = follow(t, hub, "alice", client.WithLastEventID(stream.LastEventID()))
	for _, want := range []string{sse.EventGap, "c"} {
		if ev := <-events; ev.Name != want {
			t.Errorf("got %+v, want %s", ev, want)
		}
	}
}

func TestHub_Operations(t *testing.T) {
	hub := newHub(t)
	pub := newPublisher(t, hub)
	ctx := t.Context()
	_, events := follow(t, hub, "alice")
	if p, err := pub.Presence(ctx, "alice"); err != nil || !p.Online() {
		t.Errorf("got %+v, %v", p, err)
	}
	if s, err := pub.Stats(ctx); err != nil || s.Total.TotalConnections != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
	for _, end := range []func(context.Context, string) (client.Result, error){pub.Disconnect, pub.Revoke} {
		if res, err := end(ctx, "alice"); err != nil || res.Connections != 1 {
			t.Errorf("got %+v, %v", res, err)
		}
		if ev := <-events; ev.Name != sse.EventConnected {
			t.Errorf("got %+v", ev)
		}
	}
	if got := strings.Join(append(hub.Disconnected(), hub.Revoked()...), " "); got != "alice alice" {
		t.Errorf("got %s", got)
	}
	ticket, err := pub.Ticket(ctx, "bob", client.Grant{})
	if err != nil || ticket.Ticket == "" {
		t.Fatalf("got %+v, %v", ticket, err)
	}
	for _, status := range []int{200, 401} {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, hub.URL+"/api/sse?ticket="+ticket.Ticket, http.NoBody)
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil || resp.StatusCode != status {
			t.Fatalf("got %v, %v", resp, err)
		}
		_ = resp.Body.Close()
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if err := hub.WaitForStreams(canceled, 9); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
