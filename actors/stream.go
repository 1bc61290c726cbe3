package actors

// Stream is the write side of one open response. The connection actor that was
// given it is its only user: no two of its methods run at once, and none after
// Close. Implementations live in transport; tests use their own.
type Stream interface {
	// Start begins the watch over the socket. From now on the stream may call
	// owner, from any goroutine.
	Start(owner StreamOwner) error

	// TryWrite writes as much of p as the socket takes at once, without
	// waiting, and returns how much that was. n < len(p) with a nil error means
	// that the socket is full: owner.Writable follows when it has room again.
	// p is not kept.
	TryWrite(p []byte) (n int, err error)

	// Refuse answers a request that got no connection, in the form that the
	// client understands, and closes the stream. It comes instead of Start.
	Refuse(reason Reason)

	// Close ends the response and frees the socket.
	Close()
}

// StreamOwner is told what happens to a stream. Its methods never block.
type StreamOwner interface {
	// Writable says that a stream that was full takes bytes again.
	Writable()

	// Hangup says that the client is gone or broke the rules. The owner closes
	// the stream.
	Hangup(reason Reason)
}

// Reason says why a stream ended or was refused. It is at once the log value
// and the metric label.
type Reason string

// The reasons for the end of a stream.
const (
	ReasonClient       Reason = "client"        // the client closed it
	ReasonClientData   Reason = "client_data"   // the client kept sending after its request
	ReasonSlow         Reason = "slow"          // the client did not read
	ReasonWriteError   Reason = "write_error"   // the socket failed
	ReasonTokenExpired Reason = "token_expired" // the token's time was up
	ReasonRevoked      Reason = "revoked"       // the user's tokens were revoked
	ReasonMaxAge       Reason = "max_age"       // the connection's time was up
	ReasonAdmin        Reason = "admin"         // disconnected over the API
	ReasonDrain        Reason = "drain"         // the hub is stopping
	ReasonGap          Reason = "gap"           // events were lost, which the protocol tells of by a new stream only
	ReasonPanic        Reason = "panic"         // a fault in the connection's actor
)

// The reasons for a refusal by the tree. Transport has more of its own.
const (
	RefusedDraining     Reason = "draining"
	RefusedUserLimit    Reason = "user_limit"
	RefusedRevoked      Reason = "revoked"
	RefusedPatternLimit Reason = "pattern_limit"
)
