// Package client is the Go client of the hub. A Stream receives events and
// reconnects by itself, resuming after the last event that it handed out; a
// Publisher sends messages, repeating them under one idempotency key until the
// hub has answered or the context ends.
//
//	stream, err := client.Subscribe(ctx, "https://hub.example/api/sse",
//		client.WithTokenSource(tokens), client.WithTopics("news"))
//	if err != nil {
//		return err
//	}
//	defer stream.Close()
//	for ev, err := range stream.Events() {
//		if err != nil {
//			return err // for good: see ErrStopped, ErrUnauthorized and *Error
//		}
//		handle(ev)
//	}
//
//	hub, err := client.NewPublisher("https://hub.internal", client.WithAPIKey(key))
//	if err != nil {
//		return err
//	}
//	defer hub.Close()
//	res, err := hub.SendToUser(ctx, "alice", client.Message{Event: "notification", Data: n})
//
// Channel is for a select, Handle for a function for each type of event.
//
// Neither of them starts a goroutine of its own, but for Channel. A trace goes
// along if the client of WithHTTPClient adds its headers. Package clienttest has a
// hub for the tests of what is built on this.
package client
