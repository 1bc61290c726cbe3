package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.org/hub/client"
	"example.org/hub/client/clienttest"
	"example.org/hub/sse"
)

// TestClient_TestHubIsLikeTheRealOne does the same with a hub and with that of
// package clienttest: what a service sees of them is alike, or its tests would
// show nothing.
func TestClient_TestHubIsLikeTheRealOne(t *testing.T) {
	genuine := startHub(t, "--retry-min", "100ms", "--retry-max", "200ms")
	fake := clienttest.NewHub()
	t.Cleanup(fake.Close)
	got := transcript(t, fake.URL, fake.URL, func(user string) string { return user })
	want := transcript(t, genuine.public, genuine.internal, genuine.token)
	if got != want {
		t.Errorf("the hub for tests:\n%s\nthe hub:\n%s", got, want)
	}
}

// transcript writes down what a service and a reader see, without positions.
func transcript(t *testing.T, public, internal string, token func(user string) string) string {
	t.Helper()
	ctx := t.Context()
	pub, err := client.NewPublisher(internal, client.WithAPIKey(testKey), client.WithMaxRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	alice, err := client.Subscribe(ctx, public+"/api/sse", client.WithTopics("news"), client.WithBackoff(10*time.Millisecond, time.Second),
		client.WithTokenSource(func(context.Context, bool) (string, error) { return token("alice"), nil }))
	if err != nil {
		t.Fatal(err)
	}
	events := alice.Channel()
	defer func() {
		_ = alice.Close()
		for range events {
		}
	}()
	var w strings.Builder
	next := func() {
		for ev := range events {
			if ev.Name != sse.EventPing && ev.Name != sse.EventReconnect {
				fmt.Fprintf(&w, "alice: %s %s\n", ev.Type(), dataOf(&ev))
				return
			}
		}
		t.Fatalf("the stream ended: %v", alice.Err())
	}
	said := func(what string) func(client.Result, error) {
		return func(res client.Result, err error) {
			fmt.Fprintf(&w, "%s: id %v, %d connections, %d users, duplicate %v, %s\n",
				what, res.ID != "", res.Connections, res.Users, res.Duplicate, errorOf(err))
		}
	}
	next()
	said("broadcast")(pub.Broadcast(ctx, client.Message{Event: "a", Data: map[string]int{"n": 1}, IdempotencyKey: "k"}))
	next()
	said("again")(pub.Broadcast(ctx, client.Message{Event: "a", IdempotencyKey: "k"}))
	said("users")(pub.SendToUsers(ctx, []string{"bob", "alice"}, client.Message{Event: "b", Data: "text"}))
	next()
	said("topic")(pub.Publish(ctx, "news", client.Message{Transient: true}))
	next()
	said("other topic")(pub.Publish(ctx, "sports", client.Message{Event: "no"}))
	said("nowhere")(pub.Send(ctx, client.Message{Event: "no"}))
	said("no address")(pub.Send(ctx, client.Message{To: []string{"alice"}}))
	results, err := pub.Batch(ctx, []client.Message{{To: []string{client.User("alice")}, Event: "c"}, {Event: "no"}})
	fmt.Fprintf(&w, "batch: %s\n", errorOf(err))
	for _, res := range results {
		said("- ")(res.Result, res.Err)
	}
	next()
	presence, err := pub.Presence(ctx, "alice")
	fmt.Fprintf(&w, "presence: %s, %d, %s\n", presence.User, len(presence.Connections), errorOf(err))
	said("connection")(pub.Send(ctx, client.Message{To: []string{client.Connection(presence.Connections[0].ID)}, Event: "d"}))
	next()
	said("disconnect")(pub.Disconnect(ctx, "alice"))
	next()
	ticket, err := pub.Ticket(ctx, "bob", client.Grant{})
	fmt.Fprintf(&w, "ticket: %v, %s\n", ticket.ExpiresInMs > 0, errorOf(err))
	for range 2 {
		fmt.Fprintf(&w, "opened by it: %d\n", statusOf(t, public+"/api/sse?ticket="+ticket.Ticket))
	}
	fmt.Fprintf(&w, "without a token: %d\n", statusOf(t, public+"/api/sse"))
	return w.String()
}

// dataOf leaves out what differs from one hub to the next.
func dataOf(ev *sse.Event) string {
	if ev.Name == sse.EventConnected {
		return fmt.Sprint("resumed ", strings.Contains(string(ev.Data), `"resumed":true`))
	}
	return string(ev.Data)
}

func errorOf(err error) string {
	if e := (*client.Error)(nil); errors.As(err, &e) {
		return fmt.Sprintf("error %d %s %s", e.Status, e.Code, e.Field)
	}
	return fmt.Sprint("error ", err)
}

func statusOf(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
