// Package clienttest has a hub for tests of programs that use package client. It
// listens on a socket of this machine, takes and records what publishers send,
// hands it on to the streams that it is for, and can refuse, cut and lose things
// when a test wants to see what happens then.
//
//	hub := clienttest.NewHub()
//	defer hub.Close()
//	notifier := NewNotifier(hub.Publisher())
//	notifier.OrderPaid(ctx, "alice")
//	if got := hub.Messages(); len(got) != 1 || got[0].Event != "orderPaid" {
//		t.Errorf("got %v", got)
//	}
//
// Any API key is good for publishing, and a bearer token is the name of the user
// whose stream it opens: client.StaticToken("alice").
package clienttest
