package actors

import (
	"net/netip"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// Attach asks for a connection actor over an open stream.
type Attach struct {
	User        string      // whose connection it is
	Anonymous   bool        // User is made up for this stream alone: nobody is told that it is online
	Mercure     *Mercure    // for a stream of that protocol; nil for the hub's own
	Topics      []string    // exact names, already authorised
	Events      []string    // only these event types, "" for message; all if empty
	LastEventID string      // what the client sent, not yet checked; "" if it never had one
	Expires     time.Time   // when the token ends, zero for never
	Dashboard   bool        // the hub's own figures, once a second
	Snapshot    []byte      // for a dashboard: a frame that it gets first, instead of the last figures
	Allowed     func() bool // asked again in order with the log, so that no revocation is missed on the way; nil for yes
	Stream      Stream      // owned by the connection from here on
	Head        []byte      // status line and headers, written before the first block
	Gzip        bool        // the head says that the body is in gzip
	Remote      netip.Addr
	UserAgent   string
	RequestID   string            // for the log of its begin, "" for none; the connection does not keep it
	Recalled    *history.Recalled // what history.Log.Prepare found for Query
}

// Query asks for what the client missed of what it may get.
func (a *Attach) Query() history.Query {
	if a.Mercure != nil {
		return a.Mercure.query(a.Recalled)
	}
	addresses := make([]engine.Address, 0, 2+len(a.Topics))
	addresses = append(addresses, engine.All, engine.User(a.User))
	for _, t := range a.Topics {
		addresses = append(addresses, engine.Topic(t))
	}
	wanted := eventTypes(a.Events)
	return history.Query{
		LastEventID: a.LastEventID,
		Addresses:   addresses,
		Match:       wanted.takes,
		Recalled:    a.Recalled,
	}
}
