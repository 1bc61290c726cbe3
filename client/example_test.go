package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"example.org/hub/client"
	"example.org/hub/client/clienttest"
	"example.org/hub/sse"
)

type notification struct {
	Title string `json:"title"`
}

func ExampleSubscribe() {
	hub := clienttest.NewHub() // in a program: https://hub.example
	defer hub.Close()
	ctx := context.Background()

	stream, err := client.Subscribe(ctx, hub.URL+"/api/sse",
		client.WithTokenSource(client.StaticToken("alice")), // or one that asks your identity provider
		client.WithTopics("news"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Close()
	for ev, err := range stream.Events() {
		if err != nil {
			fmt.Println("ended for good:", err)
			return
		}
		switch ev.Type() {
		case sse.EventConnected: // the stream is open
			hub.Send("topic/news", "notification", notification{"Hello"})
		case sse.EventGap: // events are lost: fetch the state again
		case "notification":
			fmt.Println(ev.ID, string(ev.Data))
			return
		}
	}
	// Output: test-1 {"title":"Hello"}
}

func ExampleOn() {
	hub := clienttest.NewHub()
	defer hub.Close()
	stream, err := client.Subscribe(context.Background(), hub.URL+"/api/sse", client.WithTokenSource(client.StaticToken("alice")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Close()

	var handlers client.Handlers
	client.On(&handlers, sse.EventConnected, func(_ context.Context, c sse.Connected) error {
		fmt.Println("connected as", c.UserID)
		hub.Send("user/alice", "notification", notification{"Your report is ready"})
		return nil
	})
	client.On(&handlers, "notification", func(_ context.Context, n notification) error {
		fmt.Println(n.Title)
		return stream.Close()
	})
	if err := stream.Handle(&handlers); err != nil {
		fmt.Println(err)
	}
	// Output:
	// connected as alice
	// Your report is ready
}

func ExampleStream_Channel() {
	hub := clienttest.NewHub()
	defer hub.Close()
	stream, err := client.Subscribe(context.Background(), hub.URL+"/api/sse", client.WithTokenSource(client.StaticToken("alice")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Close()

	events := stream.Channel()
	midnight := time.After(24 * time.Hour)
	for {
		select {
		case ev, open := <-events:
			if !open {
				fmt.Println("closed:", stream.Err())
				return
			}
			fmt.Println(ev.Type())
			_ = stream.Close()
		case <-midnight:
			fmt.Println("another day")
		}
	}
	// Output:
	// connected
	// closed: <nil>
}

func ExamplePublisher_SendToUser() {
	hub := clienttest.NewHub() // in a program: client.NewPublisher("https://hub.internal", client.WithAPIKey(key))
	defer hub.Close()
	publisher := hub.Publisher()
	defer publisher.Close()

	res, err := publisher.SendToUser(context.Background(), "alice", client.Message{
		Event: "notification", Data: notification{"Your report is ready"}, TTL: time.Hour,
	})
	switch {
	case errors.Is(err, client.ErrUnauthorized):
		fmt.Println("the key is wrong")
	case err != nil:
		fmt.Println("not sent:", err)
	case res.Connections == 0:
		fmt.Println(res.ID, "nobody is there: send an e-mail")
	}
	// Output: test-1 nobody is there: send an e-mail
}

func ExamplePublisher_SendToUsers() {
	hub := clienttest.NewHub()
	defer hub.Close()
	publisher := hub.Publisher()
	defer publisher.Close()

	_, err := publisher.SendToUsers(context.Background(), []string{"alice", "bob"}, client.Message{
		Event: "lunch", IdempotencyKey: "lunch-2026-11-27", // sending it again within two minutes changes nothing
	})
	fmt.Println(hub.Messages(), err)
	// Output: [user/alice,user/bob lunch null] <nil>
}

func ExamplePublisher_Batch() {
	hub := clienttest.NewHub()
	defer hub.Close()
	publisher := hub.Publisher()
	defer publisher.Close()

	results, err := publisher.Batch(context.Background(), []client.Message{
		{To: []string{client.User("alice")}, Event: "notification", Data: notification{"Paid"}},
		{To: []string{client.Topic("news"), client.Connection("c7")}, Event: "headline", Data: "Rain"},
		{Event: "nobody"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, res := range results {
		fmt.Println(res.ID, res.Err)
	}
	// Output:
	// test-1 <nil>
	// test-2 <nil>
	//  refused (missing_field) for to: to is required
}

func ExamplePublisher_Ticket() {
	hub := clienttest.NewHub()
	defer hub.Close()
	publisher := hub.Publisher()
	defer publisher.Close()

	// POST /api/hub-ticket of a service with sessions of its own.
	handler := func(w http.ResponseWriter, r *http.Request) {
		user := "alice" // whoever your session says it is
		ticket, err := publisher.Ticket(r.Context(), user, client.Grant{Topics: []string{"news"}})
		if err != nil {
			http.Error(w, "the hub is not there", http.StatusBadGateway)
			return
		}
		fmt.Fprintln(w, ticket.Ticket != "", ticket.ExpiresInMs)
	}
	fmt.Println(request(handler))
	// Output: true 30000
}

func ExampleError() {
	hub := clienttest.NewHub()
	defer hub.Close()
	publisher := hub.Publisher()
	defer publisher.Close()

	hub.RefuseNext(http.StatusRequestEntityTooLarge, 0)
	_, err := publisher.Broadcast(context.Background(), client.Message{Event: "novel"})
	var refused *client.Error
	fmt.Println(errors.Is(err, client.ErrTooLarge), errors.As(err, &refused) && refused.Status == 413)
	// Output: true true
}
