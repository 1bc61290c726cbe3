package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.org/hub/engine"
)

// ticketVersion is that of the body of a ticket's record.
const ticketVersion = 1

// errTicketRecord is why the body of a record was not understood.
var errTicketRecord = errors.New("not a ticket's record")

// ticketHash stands for a ticket: the log never holds what could be redeemed.
type ticketHash [sha256.Size]byte

// ticketRecord is the body of a record of kind engine.Ticket.
type ticketRecord struct {
	Version  int       `json:"v"`
	Hash     []byte    `json:"hash"`
	Redeemed bool      `json:"redeemed,omitempty"` // all that follows is absent then
	Until    time.Time `json:"until,omitzero"`     // it can be redeemed before
	User     string    `json:"user,omitempty"`
	Scopes   []Scope   `json:"scopes,omitempty"`
	Topics   []string  `json:"topics,omitempty"`
	Issued   time.Time `json:"issued,omitzero"`  // of the token
	Expires  time.Time `json:"expires,omitzero"` // of the token
}

func issuedRecord(hash ticketHash, p *Principal, until time.Time) ticketRecord {
	return ticketRecord{
		Hash: hash[:], Until: until,
		User: p.User, Scopes: p.Scopes, Topics: p.Topics, Issued: writable(p.Issued), Expires: writable(p.Expires),
	}
}

// lastTime is the latest that JSON can hold; see time.Time.MarshalJSON.
var lastTime = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// writable returns t, or the last time before it that can be written.
func writable(t time.Time) time.Time {
	if t.After(lastTime) {
		return lastTime
	}
	return t
}

func (r *ticketRecord) principal() Principal {
	return Principal{User: r.User, Scopes: r.Scopes, Topics: r.Topics, Issued: r.Issued, Expires: r.Expires}
}

func (r *ticketRecord) hash() ticketHash { return ticketHash(r.Hash) }

// record makes the log's record of r, which is for no connection.
func (r *ticketRecord) record(now time.Time) (*engine.Record, error) {
	r.Version = ticketVersion
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode ticket: %w", err)
	}
	return &engine.Record{Kind: engine.Ticket, To: []engine.Address{engine.All}, Body: body, Time: now}, nil
}

func parseTicketRecord(body []byte) (*ticketRecord, error) {
	r := new(ticketRecord)
	if err := json.Unmarshal(body, r); err != nil {
		return nil, fmt.Errorf("%w: %w", errTicketRecord, err)
	}
	if r.Version != ticketVersion || len(r.Hash) != sha256.Size || (!r.Redeemed && r.User == "") {
		return nil, errTicketRecord
	}
	return r, nil
}

// claimKey is the idempotency key of a redemption. No caller's own key is like it.
func (h ticketHash) claimKey() string {
	return "ticket " + base64.RawURLEncoding.EncodeToString(h[:])
}
