// Package actors is the supervision tree of a hub: who is connected, and what
// reaches whom.
//
//	registry ──── user "alice" ──┬── connection ── Stream
//	   │                         └── connection ── Stream
//	   └───────── user "bob" ─────── connection ── Stream
//
// The registry and the users are protoactor actors. A connection is an actor of
// our own (see connection.go): there is one for every open stream, so it has a
// mailbox of one word instead of one of 200 bytes. All of them run on one pool
// of workers (pool.go); nothing here has a goroutine or a timer per connection.
//
// # What flows
//
// Entries come from the tail of the log in order and go to the registry. It
// relays an event for a user to that user's actor, which offers it to its
// connections. Broadcasts, topics and heartbeats take the fast lane: the
// registry pushes them straight into the connections' mailboxes.
//
// # Order
//
// A connection must see entries in the order of the log, or a client that is
// cut off between two of them would resume after the wrong one. Two senders
// push into its mailbox: its user and the registry. So the registry counts the
// messages that are on their way through each user (userRef.inflight), and
// takes the fast lane to a user's connections only while there are none;
// otherwise the message goes through the user and stays behind them.
//
// # Failure
//
// A panic in a connection ends that stream and nothing else; a panic in a user
// stops that user and its connections (a restarted user would have lost them
// anyway); a panic in the registry restarts it and ends every stream. Each is
// counted. Clients reconnect and resume from the log, so nothing is lost. What a
// stopped actor leaves in its mailbox is settled (lost.go): no stream stays open
// without an owner, and nobody waits for an answer that does not come.
//
// model_test.go compares all of this with a model of a few lines.
package actors
