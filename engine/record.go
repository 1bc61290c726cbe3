package engine

import "time"

// IdempotencyTTL is how long an engine remembers an idempotency key.
const IdempotencyTTL = 2 * time.Minute

// Kind says what the hubs do with a record.
type Kind uint8

// The kinds of records. Control travels in the log like events do, so that a
// hub that was cut off applies it when it returns.
const (
	Event      Kind = iota // deliver Body to the connections of To
	Disconnect             // close the connections of To
	Revoke                 // refuse the tokens of the users in To issued before Time, close their streams
	Ticket                 // Body says which one-time ticket was issued or redeemed; auth writes and reads it
	Revoked                // Body repeats earlier revocations before the log forgets them; auth writes and reads it
)

// SlowPolicy says what a connection does with an event that finds no room,
// because the client does not read as fast as events arrive.
type SlowPolicy uint8

// The policies, in the order of the names that messages and flags use:
// "", "conflate", "gap" and "disconnect".
const (
	SlowDefault    SlowPolicy = iota // the hub's own policy
	SlowConflate                     // an event with a Key replaces its queued predecessor; the others follow from the window
	SlowGap                          // drop what is queued and say so by a gap event
	SlowDisconnect                   // end the stream; the client resumes from the log
)

// Record is one entry of the log. It is never changed after it was appended:
// the memory engine hands the same pointer to every reader.
type Record struct {
	Kind      Kind
	Slow      SlowPolicy    // overrides the hub's policy
	Transient bool          // delivered at most once, never retained, no id
	Counted   bool          // every hub counts whom it reaches, not only the one that appended it
	Public    bool          // Mercure subscribers of its topics need no grant for it
	To        []Address     // at least one
	Name      string        // the event's type, "" for message
	Body      []byte        // the encoded block without its id line: "event: ..\ndata: ..\n\n"
	ID        string        // its publisher's own id, which Mercure subscribers see; "" for none
	Key       string        // conflation key, "" for none
	Except    string        // id of a connection that is left out
	Time      time.Time     // when the hub accepted it
	TTL       time.Duration // shortens retention; 0 for the log's own
	Origin    uint64        // the hub that appended it
	Nonce     uint64        // the append on that hub; matches a record to its waiting publisher
}

// Expired reports whether the record's own TTL has passed.
func (r *Record) Expired(now time.Time) bool {
	return r.TTL > 0 && now.Sub(r.Time) >= r.TTL
}

// Size is what a record counts against limits in bytes: its content and a
// fixed sum for the book-keeping around it.
func (r *Record) Size() int {
	const overhead = 160
	n := overhead + len(r.Name) + len(r.Body) + len(r.Key) + len(r.Except) + len(r.ID)
	for _, a := range r.To {
		n += len(a)
	}
	return n
}
