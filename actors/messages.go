package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/internal/splice"
)

// Every message of the tree. Messages are sent as pointers and never change
// after they are sent: one *deliver can be in a million mailboxes. *Attach, the
// only one that others make, is in attach.go.
type (
	// route carries entries of the log in their order. tail → registry.
	route struct{ entries []*history.Entry }

	// reset says that entries before the next route are missing. tail → registry.
	reset struct{ gap history.Gap }

	// deliver carries one event to the connections that it is for.
	// registry → connection, or inside a relay.
	deliver struct {
		entry  *history.Entry
		number uint64 // of the entry on this hub; a connection takes each once
	}

	// notice carries a frame that is not of the log: a heartbeat with the head
	// position, the dashboard's figures, or else the gap of a reset.
	// registry → connection.
	notice struct {
		frame     []byte
		heartbeat bool // only for a stream that has nothing queued
		figures   bool // only for a stream that takes bytes; the next ones follow soon
		twin      splice.Twin
	}

	// finish ends a stream. registry → connection.
	finish struct{ reason Reason }

	// relay sends a message on to one connection of a user, or to all of them.
	// Exactly one of deliver, notice and finish is set. registry → user.
	relay struct {
		to      *connection // nil for all of the user's
		deliver *deliver
		notice  *notice
		finish  *finish
		receipt *history.Receipt // has a part open for this relay
		number  uint64           // of the entry, 0 if there is none
	}

	// adopt gives a user a new connection. registry → user.
	adopt struct {
		connection *connection
		open       *open
	}

	// open is the first message of a connection. user → connection.
	open struct {
		attach    *Attach
		upTo      engine.Position // replay ends here, live events begin behind it
		dashboard []byte          // the last figures, for a dashboard
	}

	// closed says that a stream has ended. connection → user.
	closed struct {
		connection *connection
		reason     Reason
	}

	// detached says that a connection is gone from its user. user → registry.
	detached struct {
		connection *connection
		reason     Reason
	}

	// idle says that a user has no connections and how many it was ever given,
	// so that the registry can tell whether another is on its way. user → registry.
	idle struct {
		user    *userRef
		adopted uint32
	}

	// gone says that a user stops: it was passivated, or it failed. user → registry.
	gone struct {
		user *userRef // nil if it never had a connection
		pid  *actor.PID
	}

	// tick is the beat of the shared timer wheel. clock → registry.
	tick struct{ now time.Time }

	// dashboard carries the hub's own figures. transport → registry.
	dashboard struct{ frame []byte }

	// drain asks the registry to end all streams within a time. hub → registry.
	drain struct {
		window time.Duration
		done   chan struct{}
	}

	// undrain takes a drain back. hub → registry.
	undrain struct{}

	// ping asks for a sign of life. hub → registry.
	ping struct{ alive chan struct{} }

	// list asks who is connected. hub → registry.
	list struct {
		user  string // the only one who is asked for, "" for a page
		from  string // the first id that may be in the answer
		limit int
		reply *census
	}

	// describe asks a user about its connections. registry → user.
	describe struct{ reply *census }

	// writable and hangup come from the socket. stream → its connection.
	writable struct{}
	hangup   struct{ reason Reason }
)
