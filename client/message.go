package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Message is what a publisher sends.
type Message struct {
	// To are the addresses: "user/<id>", "connection/<id>", "topic/<name>" or
	// "all". A connection that several of them name gets the message once.
	To []string

	// Event is the type, at most 128 bytes; "" stands for "message". The
	// names that the hub keeps for itself are refused.
	Event string

	// Data is encoded as JSON. json.RawMessage goes as it is.
	Data any

	// Key lets the message replace an older one of the same key that a slow
	// client has not read yet.
	Key string

	// TTL shortens how long the message can be replayed; 0 does not.
	TTL time.Duration

	// Transient messages are sent at most once and never replayed.
	Transient bool

	// Except is the id of a connection that does not get it.
	Except string

	// Slow overrides what the hub does for a client that does not read fast
	// enough: "conflate", which brings the message late, "gap", which tells that
	// it is missing, or "disconnect"; "" does not.
	Slow string

	// IdempotencyKey makes the hub send the message once, however often it is
	// posted within two minutes. One is made up if it is empty, which covers
	// the publisher's own retries. A batch has one key, its own.
	IdempotencyKey string
}

// Result is the hub's answer to a message that it has accepted. Accepted is not
// delivered: the counts are of streams that took it for sending.
type Result struct {
	ID          string `json:"id"`          // position in the log, "" for a transient message
	Connections int    `json:"connections"` // of the hub that answered, or of all: WithClusterReceipt
	Users       int    `json:"users"`

	// Duplicate says that the hub had the message already, under the same
	// idempotency key. Whom it reached is then not known any more.
	Duplicate bool `json:"duplicate,omitempty"`
}

// User returns the address of all connections of a user.
func User(id string) string { return "user/" + id }

// Connection returns the address of one connection.
func Connection(id string) string { return "connection/" + id }

// Topic returns the address of a topic's subscribers.
func Topic(name string) string { return "topic/" + name }

// All is the address of every connection.
const All = "all"

// wireMessage is a message in the form that the hub reads.
type wireMessage struct {
	To        any     `json:"to,omitempty"` // a string or an array of them
	Event     string  `json:"event,omitempty"`
	Data      any     `json:"data"`
	Key       string  `json:"key,omitempty"`
	TTL       float64 `json:"ttl,omitempty"` // seconds
	Transient bool    `json:"transient,omitempty"`
	Except    string  `json:"except,omitempty"`
	Slow      string  `json:"slow,omitempty"`
}

// appendJSON appends m as one line of JSON with its line end.
func (m *Message) appendJSON(buf *bytes.Buffer) error {
	w := wireMessage{
		Event: m.Event, Data: m.Data, Key: m.Key,
		TTL: m.TTL.Seconds(), Transient: m.Transient, Except: m.Except, Slow: m.Slow,
	}
	switch len(m.To) {
	case 0: // the hub says that it is missing
	case 1:
		w.To = m.To[0]
	default:
		w.To = m.To
	}
	before := buf.Len()
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false) // subscribers get these very bytes
	if err := enc.Encode(w); err != nil {
		buf.Truncate(before)
		return fmt.Errorf("encode message: %w", err)
	}
	return nil
}
