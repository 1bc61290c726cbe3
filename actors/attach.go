package actors

import (
	"net/netip"
	"time"
)

// Attach asks for a connection actor over an open stream.
type Attach struct {
	User        string      // whose connection it is
	Topics      []string    // exact names, already authorised
	Events      []string    // only these event types, "" for message; all if empty
	LastEventID string      // what the client sent, not yet checked; "" if it never had one
	Expires     time.Time   // when the token ends, zero for never
	Dashboard   bool        // the hub's own figures, once a second
	Snapshot    []byte      // for a dashboard: a frame that it gets first, instead of the last figures
	Allowed     func() bool // asked again in order with the log, so that no revocation is missed on the way; nil for yes
	Stream      Stream      // owned by the connection from here on
	Head        []byte      // status line and headers, written before the first block
	Remote      netip.Addr
	UserAgent   string
}
